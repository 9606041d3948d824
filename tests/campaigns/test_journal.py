"""The journal keeps what was meant, tried and answered, and gives it back as frames."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import msgframe as mf
from msgframe.campaigns.flow_control import RateLimit, TokenBucket
from msgframe.campaigns.journal.session import Outcome
from msgframe.campaigns.journal.statements import MIGRATIONS
from msgframe.core import databases
from msgframe.errors import JournalError, JournalLocked, PlanChanged, UsageError
from msgframe.frames import STAGES, columns

if TYPE_CHECKING:
    from msgframe.campaigns.journal.session import Claim, SendSession

FREE = RateLimit()


def plan_of(waves: list[int | None], *, campaign: str = "saldo") -> pl.DataFrame:
    """A plan written out by hand: a single request a row, held where its wave is None."""
    height = len(waves)
    frame = pl.DataFrame({"wave": waves}, schema={"wave": pl.UInt32})
    goes = pl.col("wave").is_not_null()
    values = {
        "country_code": pl.lit("91"),
        "mobile": pl.int_range(9816000000, 9816000000 + height).cast(pl.String),
        "msisdn": pl.int_range(919816000000, 919816000000 + height),
        "text": pl.concat_str(pl.lit("Hola "), pl.int_range(height)),
        "campaign": pl.lit(campaign),
        "flow_type": pl.lit("SMS"),
        "message_type": pl.lit("TRANSACTION"),
        "sender_id": pl.lit("UTOMOB"),
        "template_id": pl.lit(None),
        "entity_id": pl.lit(None),
        "message_key": pl.concat_str(pl.lit(campaign), pl.int_range(height)),
        "mode": pl.when(goes).then(pl.lit("single")),
        "request": pl.when(goes).then(goes.cum_sum() - 1),
        "position": pl.when(goes).then(0),
        "wave": pl.col("wave"),
        "not_before": pl.lit(None),
        "held": pl.when(~goes).then(pl.lit("repeat")),
    }
    dtypes = {name: column.dtype for name, column in STAGES["plan"].items()}
    cast = {
        name: value.cast(dtypes.get(name, pl.Null)) if name in dtypes else value
        for name, value in values.items()
    }
    return frame.select(**cast)


def _accepted(claim: Claim, **more: str) -> Outcome:
    return Outcome(claim, "accepted", code=200, status=200, **more)


def _take(run: SendSession, wanted: int = 1) -> list[Claim]:
    return run.step([], wanted, FREE).claims


def test_the_plan_lies_beside_the_database(journal: mf.Journal, tmp_path: Path):
    """One parquet file that its owner alone may read, and that gives the plan back."""
    plan = plan_of([0, 0, None])
    journal.begin(plan, fingerprint="7f3a")

    (file,) = (tmp_path / "saldo.db.plans").iterdir()
    assert_frame_equal(pl.read_parquet(file), plan)
    assert_frame_equal(journal.plan("saldo"), plan)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_odd_names_are_names(journal: mf.Journal, tmp_path: Path):
    """A campaign may be called anything; its file stays in the folder."""
    for name in ("../../etc/passwd", "año nuevo 50 %", "a" * 300, "a/b", ".", "A", "a"):
        journal.begin(plan_of([0], campaign=name), fingerprint="7f3a")

    assert len(list((tmp_path / "saldo.db.plans").iterdir())) == 7
    assert journal.plan("../../etc/passwd").height == 1


def test_begun_twice_is_begun_once(journal: mf.Journal):
    """The same plan again changes nothing."""
    journal.begin(plan_of([0, 0]), fingerprint="7f3a")
    journal.begin(plan_of([0, 0]), fingerprint="7f3a")

    assert journal.campaigns().select("people", "requests", "planned").rows() == [(2, 2, 2)]


def test_another_plan_is_refused(journal: mf.Journal):
    """The error says what is new and what is gone."""
    journal.begin(plan_of([0, 0, 0]), fingerprint="7f3a")
    with pytest.raises(PlanChanged, match="2 are the same, 0 new, and 1 gone"):
        journal.begin(plan_of([0, 0]), fingerprint="0b1c")

    assert journal.plan("saldo").height == 3


def test_a_campaign_has_one_vendor(journal: mf.Journal):
    """Until something may have been taken it may go to another; after that it may not."""
    plan = plan_of([0])
    journal.begin(plan, fingerprint="7f3a", vendor="this machine")
    journal.begin(plan, fingerprint="7f3a", vendor="cpaas.messagecentral.com")
    with journal.sending("saldo") as run:
        _take(run)
    with pytest.raises(
        UsageError, match=r"went to cpaas\.messagecentral\.com, not to this machine"
    ):
        journal.begin(plan, fingerprint="7f3a", vendor="this machine")


def test_an_unknown_campaign_is_told(journal: mf.Journal):
    """A wrong name lists the right ones."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    with pytest.raises(JournalError, match=r"no campaign .salod.\. It has .saldo."):
        journal.plan("salod")


def test_what_is_taken_is_in_flight(journal: mf.Journal):
    """A claim is written down before its request leaves."""
    journal.begin(plan_of([0, 0, 0]), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        claims = _take(run, 2)

        assert [(claim.request, claim.attempt) for claim in claims] == [(0, 1), (1, 1)]
        states = journal.requests("saldo")["state"].to_list()
        assert states == ["in flight", "in flight", "planned"]


def test_no_request_is_taken_twice(journal: mf.Journal):
    """What one took is not given to the next."""
    journal.begin(plan_of([0] * 5), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        taken = [claim.request for _ in range(4) for claim in _take(run, 2)]

    assert taken == [0, 1, 2, 3, 4]


def test_answers_are_kept(journal: mf.Journal):
    """Code, status and ids of an answer are in the frame of the requests."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        (claim,) = _take(run)
        run.step([_accepted(claim, verification_id="12", transaction_id="1c9c")], 0, FREE)

    row = journal.requests("saldo").row(0, named=True)
    told = {name: row[name] for name in ("state", "code", "verification_id", "transaction_id")}
    assert told == {
        "state": "accepted",
        "code": 200,
        "verification_id": "12",
        "transaction_id": "1c9c",
    }
    assert row["tried_at"] <= row["answered_at"]


def test_what_a_dead_sender_left_is_unknown(journal: mf.Journal):
    """What was in flight when a sender ended is unknown to the next one, and not planned."""
    journal.begin(plan_of([0, 0]), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        _take(run)
    with journal.sending("saldo") as run:
        assert [claim.request for claim in _take(run, 2)] == [1]

    row = journal.requests("saldo").row(0, named=True)
    assert row["state"] == "unknown"
    assert "ended before the answer" in row["error"]


def test_a_late_answer_counts(journal: mf.Journal):
    """An answer that comes after its request was given up settles it."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    with journal.sending("saldo") as slow:
        (claim,) = _take(slow)
    with journal.sending("saldo"):
        slow.step([_accepted(claim)], 0, FREE)

    assert journal.requests("saldo")["state"].to_list() == ["accepted"]


def test_an_answer_to_an_earlier_try_is_not_taken_for_a_later_one(journal: mf.Journal):
    """After a person had it sent again, the answer to the first try says nothing of the second."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    with journal.sending("saldo") as slow:
        (first,) = _take(slow)
    with journal.sending("saldo") as run:
        assert run.requeue(["unknown"]) == 1
        (second,) = _take(run)
        slow.step([_accepted(first)], 0, FREE)

        assert second.attempt == 2
        assert journal.requests("saldo")["state"].to_list() == ["in flight"]


def test_one_sender_at_a_time(journal: mf.Journal, tmp_path: Path):
    """A second sender of the same campaign says who the first one is."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    with (
        journal.sending("saldo"),
        mf.Journal(tmp_path / "saldo.db") as other,
        pytest.raises(JournalLocked, match=r"process \d+ on "),
        other.sending("saldo"),
    ):
        pass


def test_two_campaigns_may_be_sent_at_once(journal: mf.Journal):
    """The lock is the campaign's, not the journal's."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    journal.begin(plan_of([0], campaign="other"), fingerprint="7f3a")
    with journal.sending("saldo") as one, journal.sending("other") as two:
        assert len(_take(one)) == len(_take(two)) == 1


def test_waves_go_one_after_the_other(journal: mf.Journal):
    """The second wave begins when the first is heard of to its end."""
    journal.begin(plan_of([1, 0, 1, 0]), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        first = _take(run, 9)
        assert [claim.request for claim in first] == [1, 3]
        assert run.step([_accepted(first[0])], 9, FREE).claims == []
        second = run.step([_accepted(first[1])], 9, FREE).claims

    assert [claim.request for claim in second] == [0, 2]


def test_a_finished_run_says_so(journal: mf.Journal):
    """Nothing planned and nothing in flight is the end."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        (claim,) = _take(run)
        assert not run.step([], 1, FREE).finished
        assert run.step([_accepted(claim)], 1, FREE).finished


def test_put_back_is_taken_again(journal: mf.Journal):
    """A request that never left is planned again, and the next to go."""
    journal.begin(plan_of([0, 0]), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        (claim,) = _take(run)
        step = run.step([Outcome(claim, "planned", error="429")], 1, FREE)

    assert [(claim.request, claim.attempt) for claim in step.claims] == [(0, 2)]


def test_a_pause_holds_for_all(journal: mf.Journal):
    """When the vendor asks one sender to wait, the senders of other campaigns wait too."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    journal.begin(plan_of([0], campaign="other"), fingerprint="7f3a")
    with journal.sending("saldo") as one, journal.sending("other") as two:
        one.step([], 0, RateLimit(paused_for=60.0))
        step = two.step([], 1, FREE)

    assert step.claims == []
    assert 59 < step.wait <= 60


def test_sent_is_there_for_another_process(journal: mf.Journal):
    """The frame that send gives can be had later, from the journal alone."""
    plan = plan_of([0, None, 0])
    journal.begin(plan, fingerprint="7f3a")
    with journal.sending("saldo") as run:
        (claim,) = _take(run)
        run.step([_accepted(claim, verification_id="12")], 0, FREE)
    sent = journal.sent("saldo")

    assert sent.columns == [*plan.columns, *columns("send")]
    assert sent["state"].to_list() == ["accepted", "held", "held"]
    assert sent["error"].to_list() == [None, "repeat", "not sent yet"]
    assert sent["verification_id"].to_list() == ["12", None, None]


def test_campaigns_are_counted(journal: mf.Journal):
    """One row a campaign, its requests counted by state."""
    journal.begin(plan_of([0, 0, None]), fingerprint="7f3a")
    with journal.sending("saldo") as run:
        (claim,) = _take(run)
        run.step([_accepted(claim)], 0, FREE)

    row = journal.campaigns().drop("made_at").row(0, named=True)
    assert row == {
        "campaign": "saldo",
        "fingerprint": "7f3a",
        "people": 3,
        "held": 1,
        "requests": 2,
        "planned": 1,
        "in_flight": 0,
        "accepted": 1,
        "failed": 0,
        "unknown": 0,
    }


def test_who_was_written_to_lately(tmp_path: Path):
    """Earlier texts are found by number and key, for as many days as asked."""
    now = [1_700_000_000.0]
    with mf.Journal(tmp_path / "saldo.db", clock=lambda: now[0]) as journal:
        journal.begin(plan_of([0, 0, 0]), fingerprint="7f3a")
        with journal.sending("saldo") as run:
            one, two = _take(run, 2)
            run.step([_accepted(one), Outcome(two, "failed")], 0, FREE)
        now[0] += 10 * 86_400
        lately = journal.earlier(days=11)

        assert lately["msisdn"].to_list() == [919816000000]
        # printf 'Hola 0' | sha256sum | head -c 32
        assert lately["text_key"].to_list() == ["77823204390d802fabf04f01fb0fb89d"]
        assert journal.earlier(days=9).is_empty()


def test_a_repr_tells_the_place(journal: mf.Journal, tmp_path: Path):
    """A journal shows where it is."""
    assert repr(journal) == f"Journal('{tmp_path / 'saldo.db'}')"


def test_the_first_version_is_still_read(tmp_path: Path):
    """A journal that the first version left in the middle is brought up to date and goes on."""
    path = tmp_path / "saldo.db"
    plan = plan_of([0, 0])
    with databases.open(path) as database:
        database.migrate("journal", MIGRATIONS[:1])
        with database.writing() as transaction:
            for statement in FIRST_VERSION.split(";"):
                transaction.execute(statement)
    (tmp_path / "saldo.db.plans").mkdir()
    plan.write_parquet(tmp_path / "saldo.db.plans" / "saldo-ce0b57f9-7f3a.parquet")

    with mf.Journal(path) as journal, journal.sending("saldo") as run:
        assert [claim.request for claim in _take(run, 2)] == [1]
        assert journal.sent("saldo")["state"].to_list() == ["unknown", "unknown"]


#: One request in flight and one planned, as the first version wrote them.
FIRST_VERSION = """
INSERT INTO campaigns VALUES (1, 'saldo', '7f3a', 1795374215000000, 2, 2, 0);
INSERT INTO senders VALUES (1, 1, 'here', 4711, 1795374215000000);
INSERT INTO requests (campaign, request, wave, not_before, recipients, state, attempts, sender,
    tried_at) VALUES (1, 0, 0, 0, 1, 'in flight', 1, 1, 1795374216000000);
INSERT INTO requests (campaign, request, wave, not_before, recipients) VALUES (1, 1, 0, 0, 1)
"""


def test_a_later_journal_is_left_alone(tmp_path: Path):
    """A journal of a version that is not known yet is not touched."""
    with databases.open(tmp_path / "saldo.db") as database:
        database.migrate("journal", [*MIGRATIONS, "CREATE TABLE tomorrow (id {serial})"])
    with pytest.raises(JournalError, match="later msgframe"):
        mf.Journal(tmp_path / "saldo.db")


def test_a_lost_plan_is_told(journal: mf.Journal, tmp_path: Path):
    """A plan whose file was removed is missed by name; the requests are still there."""
    journal.begin(plan_of([0]), fingerprint="7f3a")
    shutil.rmtree(tmp_path / "saldo.db.plans")
    with pytest.raises(JournalError, match="The plan of 'saldo' is gone"):
        journal.sent("saldo")

    assert journal.requests("saldo").height == 1


def test_a_plan_that_cannot_be_stored_is_told(journal: mf.Journal, tmp_path: Path):
    """Where the folder of the plans cannot be made, nothing is begun."""
    (tmp_path / "saldo.db.plans").write_text("in the way")
    with pytest.raises(JournalError, match="cannot be stored"):
        journal.begin(plan_of([0]), fingerprint="7f3a")

    assert journal.campaigns().is_empty()


states = st.sampled_from(["planned", "accepted", "failed", "unknown"])


@settings(max_examples=15)
@given(st.lists(states, min_size=1, max_size=12), st.integers(1, 5))
def test_what_is_written_is_read(told: list[str], at_once: int):
    """Law: whatever outcomes are written in whatever batches, they are what is read."""
    with TemporaryDirectory() as folder, mf.Journal(Path(folder, "saldo.db")) as journal:
        journal.begin(plan_of([0] * len(told)), fingerprint="7f3a")
        with journal.sending("saldo") as run:
            claims = _take(run, len(told))
            outcomes = [
                Outcome(claim, state, code=200 + claim.request, transaction_id=f"€{claim.request}")
                for claim, state in zip(claims, told, strict=True)
            ]
            for start in range(0, len(outcomes), at_once):
                run.step(outcomes[start : start + at_once], 0, FREE)
        read = journal.requests("saldo")

    assert read["state"].to_list() == told
    assert read["code"].to_list() == [200 + number for number in range(len(told))]
    assert read["transaction_id"].to_list() == [f"€{number}" for number in range(len(told))]


@given(
    st.floats(0.5, 1000),
    st.lists(st.tuples(st.integers(-5_000_000, 5_000_000), st.integers(0, 50)), max_size=40),
)
def test_a_bucket_never_gives_too_much(rate: float, visits: list[tuple[int, int]]):
    """Law: over the time that really passed, no more leaves than the rate and one bucket full."""
    pace, bucket, now, passed, given_out = RateLimit(requests=rate), TokenBucket(0, 0, 0), 0, 0.0, 0
    for step, wanted in visits:
        passed += max(0, step) / 1e6  # a jump back is no time that passes
        now += step
        bucket = bucket.refilled(pace, now)
        granted, bucket = bucket.grants(pace, [1] * wanted, now)
        given_out += granted

    assert given_out <= rate * passed + 1e-6
