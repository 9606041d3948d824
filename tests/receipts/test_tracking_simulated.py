"""Truth by simulation: what is called certain is right, every time.

The simulation knows which receipt belongs to which message, and writes the receipts as the vendor
does: an id that tells nothing, the number, whole seconds. `precision` and `recall` are printed with
`pytest -s`, beside those of a plain `join_asof`, which is what one would write without this room.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from msgframe import frames
from msgframe.receipts import Tracked, track

START = datetime(2026, 3, 1, 4, tzinfo=UTC)
PEOPLE = 1_000

SENT = {
    "place": pl.UInt32,
    "msisdn": pl.Int64,
    "state": frames.STATE,
    "request_at": frames.MOMENT,
    "transaction_id": pl.String,
    "verification_id": pl.String,
    "segments": pl.UInt8,
}


@dataclass(frozen=True)
class Case:
    """A campaign, or several, and what goes wrong with its receipts."""

    #: When a campaign to all people leaves, in minutes from the start.
    waves: tuple[float, ...] = (0.0,)
    #: Of a hundred people, how many stand in a wave.
    reach: int = 100
    #: Of a hundred rows, how many have a second row with the same number.
    doubled: int = 0
    #: Of a hundred messages, how many have no receipt, and how many receipts come twice.
    missing: float = 1.0
    repeated: float = 3.0
    #: Seconds until the vendor submits a message: the mean.
    wait: float = 4.0
    #: Of a hundred messages, how many are submitted up to ten hours later.
    late: float = 0.0
    #: How far the zone is off, in hours.
    zone: float = 0.0
    #: The first so many waves are tracked; the others are somebody else's.
    known: int | None = None
    #: How many parts a text has, and whether each of them has a receipt of its own.
    segments: int = 1
    parted: bool = False
    #: The share of messages with a certain match that is asked for.
    recall: float = field(default=0.95)


CASES = {
    "everybody once": Case(),
    "numbers repeated in a campaign": Case(doubled=20, recall=0.6),
    "a second wave an hour later": Case(waves=(0, 60)),
    "three waves, seconds apart": Case(waves=(0, 0.05, 0.1), recall=0.0),
    "waves a day apart": Case(waves=(0, 1440, 2880)),
    "a fifth of the receipts missing": Case(waves=(0, 60), missing=20, recall=0.5),
    "the vendor waits for half an hour": Case(waves=(0, 60), wait=600, recall=0.0),
    "some are submitted hours later": Case(waves=(0, 240), late=5, recall=0.5),
    "another campaign to the same people, tracked too": Case(waves=(0, 300), reach=60),
    "another campaign, not tracked": Case(waves=(0, 300), known=1, recall=0.0),
    "another campaign to few, not tracked": Case(waves=(0, 300), reach=30, known=1, recall=0.0),
    "another campaign of long texts, not tracked": Case(
        waves=(0, 300), known=1, segments=2, recall=0.0
    ),
    "long texts with a receipt for each part": Case(waves=(0, 300), segments=2, parted=True),
    "zone too late": Case(waves=(0, 330), zone=5.5, recall=0.0),
    "zone too early": Case(waves=(0, 330), zone=-5.5, recall=0.0),
    "zone too early, one wave": Case(zone=-5.5, recall=0.0),
    "zone too late, one wave": Case(zone=5.5, recall=0.0),
    "zone off by a summer's hour": Case(waves=(0, 60, 120), zone=-1, recall=0.0),
}


@dataclass(frozen=True)
class World:
    """What was sent, what came back, and what is true."""

    sent: pl.DataFrame
    callbacks: pl.DataFrame
    #: `place` and `message_id` of every receipt that came, once.
    truth: pl.DataFrame


def simulated(case: Case, seed: int) -> World:
    dice = random.Random(seed)
    sent, said, truth = [], [], []
    for wave, minutes in enumerate(case.waves):
        left = START + timedelta(minutes=minutes)
        tracked = case.known is None or wave < case.known
        for person in range(PEOPLE):
            if dice.random() * 100 >= case.reach:
                continue
            for _ in range(2 if dice.random() * 100 < case.doubled else 1):
                left += timedelta(seconds=dice.random() * 0.02)
                place = len(sent) if tracked else None
                number = 919800000000 + person * 7
                if tracked:
                    sent.append((place, number, "accepted", left, None, None, case.segments))
                if dice.random() * 100 < case.missing:
                    continue
                for _ in range(case.segments if case.parted else 1):
                    name = f"{dice.getrandbits(128):032x}"
                    said += received(case, dice, name, number, left)
                    if tracked:
                        truth.append((place, name))
    dice.shuffle(said)
    return World(
        pl.DataFrame(sent, schema=SENT, orient="row"),
        pl.DataFrame(said, schema=frames.columns("callbacks"), orient="row"),
        pl.DataFrame(truth, schema={"place": pl.UInt32, "true": pl.String}, orient="row"),
    )


def received(
    case: Case, dice: random.Random, name: str, number: int, left: datetime
) -> list[tuple[object, ...]]:
    late = 36_000 * dice.random() if dice.random() * 100 < case.late else 0
    submitted = left + timedelta(seconds=dice.expovariate(1 / case.wait) + late, hours=case.zone)
    done = submitted + timedelta(seconds=dice.expovariate(1 / 4))
    submitted, done = submitted.replace(microsecond=0), done.replace(microsecond=0)
    status = dice.choice(["delivered", "delivered", "undelivered", "expired"])
    final = (name, number, status, status, "0", submitted, done, None)
    between = (name, number, "enroute", "ENROUTE", None, submitted, submitted, None)
    return [final] * (2 if dice.random() * 100 < case.repeated else 1) + [between] * dice.randint(
        0, 1
    )


def judged(world: World, deliveries: pl.DataFrame) -> dict[str, float]:
    """Give how many matches are right, among the certain and among all, and how many there are."""
    told = deliveries.join(world.truth.group_by("place").agg("true"), on="place", how="left")
    right = pl.col("true").list.contains(pl.col("message_id")).fill_null(value=False)
    matched = told.drop_nulls("message_id").select("ambiguous", right=right)
    sure = matched.filter(~pl.col("ambiguous"))["right"]
    due = world.truth["place"].n_unique()
    return {
        "wrong": (~sure).sum(),
        "certain": sure.len() / due,
        "precision": matched["right"].sum() / max(matched.height, 1),
        "recall": matched["right"].sum() / due,
    }


def joined_as_of(world: World) -> pl.DataFrame:
    """Join as one would without this room: each message takes the next receipt of its number."""
    receipts = world.callbacks.sort("submitted_at").select("msisdn", "submitted_at", "message_id")
    return (
        world.sent.sort("request_at")
        .join_asof(
            receipts,
            left_on="request_at",
            right_on="submitted_at",
            by="msisdn",
            strategy="forward",
            check_sortedness=False,
        )
        .with_columns(ambiguous=pl.lit(value=False))
    )


@pytest.mark.parametrize("name", CASES)
def test_what_is_certain_is_right(name: str):
    """No match that is called certain is wrong; where the case allows it, most are certain."""
    case = CASES[name]
    for seed in range(2):
        world = simulated(case, seed)
        ours = judged(world, track(world.sent, world.callbacks).deliveries)
        plain = judged(world, joined_as_of(world))
        print(  # noqa: T201  (the figures of this room, with pytest -s)
            f"\n{name:<50} certain {ours['certain']:6.1%}, wrong {ours['wrong']}; "
            f"precision {ours['precision']:6.1%}, recall {ours['recall']:6.1%}; "
            f"join_asof {plain['precision']:6.1%}, {plain['recall']:6.1%}",
            end="",
        )

        assert ours["wrong"] == 0
        assert ours["certain"] >= case.recall


# With a wrong zone receipts lie outside of every window.
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.zone])
def test_what_is_surely_pending_had_no_receipt(name: str):
    """A message that is pending without a doubt is one whose receipt never came."""
    world = simulated(CASES[name], seed=7)

    pending = track(world.sent, world.callbacks).deliveries.filter(
        (pl.col("status") == "pending") & ~pl.col("ambiguous")
    )

    assert pending.join(world.truth, on="place").is_empty()


def test_order_and_repeats_do_not_matter():
    """The same receipts in any order, any of them twice, give the same deliveries."""
    world = simulated(Case(waves=(0, 1, 60), doubled=10, missing=5), seed=3)
    told = track(world.sent, world.callbacks).deliveries.drop("receipts")

    for seed in range(2):
        again = pl.concat([world.callbacks, world.callbacks.sample(fraction=0.3, seed=seed)])
        mixed = again.sample(fraction=1, shuffle=True, seed=seed)
        assert track(world.sent, mixed).deliveries.drop("receipts").equals(told)


def test_every_receipt_is_somebodys_or_an_orphan():
    """The sums hold whatever is thrown at it."""
    world = simulated(CASES["another campaign, not tracked"], seed=5)
    tracked: Tracked = track(world.sent, world.callbacks)
    sums = dict(tracked.sums.rows())

    assert sums["matched"] + sums["pending"] == sums["messages"] == world.sent.height
    assert sums["matched"] + sums["repeated"] + sums["orphans"] == world.callbacks.height


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("another campaign, not tracked", "others write to them too"),
        ("zone too late", "estimate_zone"),
        ("zone too early, one wave", "estimate_zone"),
    ],
)
def test_why_nothing_is_certain_is_said(name: str, reason: str, caplog: pytest.LogCaptureFixture):
    """Whoever finds all of it ambiguous is told why, and what to do."""
    world = simulated(CASES[name], seed=1)
    track(world.sent, world.callbacks)

    assert reason in caplog.text


def test_nothing_is_said_where_all_is_well(caplog: pytest.LogCaptureFixture):
    """An ordinary campaign is tracked in silence."""
    world = simulated(CASES["everybody once"], seed=1)
    track(world.sent, world.callbacks)

    assert caplog.text == ""
