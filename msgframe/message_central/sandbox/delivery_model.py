"""What becomes of a message once the vendor took it: receipts, decided by seed and content.

Every figure below is an **invented default**, plausible but nobody's statistic: the vendor
publishes none. They are fields of `DeliveryModel`, so that a test says which world it is tested in.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.core.atomic_files import atomic_write
from msgframe.errors import UsageError
from msgframe.frames import MOMENT
from msgframe.message_central.vocabulary import CALLBACK_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgframe.message_central.sandbox.store import Columns

Spelling: TypeAlias = Literal["smpp", "english", "spanish"]

#: How the vendor may spell a status: its sample has the first, its pages list the others.
SPELLINGS: dict[Spelling, dict[str, str]] = {
    "smpp": {},
    "english": {
        "DELIVRD": "DELIVERED",
        "UNDELIV": "UNDELIVERED",
        "REJECTD": "REJECTED",
        "ENROUTE": "SENT",
    },
    "spanish": {
        "DELIVRD": "ENTREGADO",
        "EXPIRED": "CADUCADO",
        "UNKNOWN": "DESCONOCIDO",
        "REJECTD": "RECHAZADO",
        "ENROUTE": "enviado",
    },
}

#: How messages fail: status, errorCode, share of the failures. Invented: the codes are borrowed
#: from the lists that other gateways publish (MAP, Indian DLT), the vendor has no public list.
FAILURES = (
    ("EXPIRED", 27, 0.45),  # absent subscriber, tried until the message was too old
    ("UNDELIV", 1, 0.25),  # unknown subscriber
    ("UNDELIV", 650, 0.13),  # blocked by the recipient's preference
    ("UNDELIV", 31, 0.07),  # handset busy
    ("UNKNOWN", 34, 0.05),  # system failure
    ("REJECTD", 2050, 0.05),  # on a list of blocked numbers
)

#: Kinds of files that callbacks are written as.
SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".xlsx", ".parquet")

_SHARES = ("delivered", "missing", "repeated", "late", "reordered", "interim", "orphans")

#: One receipt of the truth, whichever message it belongs to (null: an orphan's).
RECEIPTS: Columns = {
    "message": pl.UInt32,
    "kind": pl.Enum(["final", "interim", "repeat", "orphan"]),
    "message_id": pl.String,
    "status": pl.String,
    "error_code": pl.Int64,
    "country_code": pl.String,
    "mobile": pl.String,
    "submitted_at": MOMENT,
    "done_at": MOMENT,
    "arrives_at": MOMENT,
}


@dataclass(frozen=True, slots=True)
class DeliveryModel:
    """How the world treats messages. Shares lie between 0 and 1; all defaults are invented.

    >>> DeliveryModel.perfect()
    DeliveryModel(delivered=1.0, missing=0.0, repeated=0.0, late=0.0, reordered=0.0, ...
    """

    #: Share that reaches the handset.
    delivered: float = 0.955
    #: Share that never gets a receipt.
    missing: float = 0.01
    #: Share whose receipt comes twice.
    repeated: float = 0.01
    #: Share that is delivered minutes to hours late.
    late: float = 0.01
    #: Share of the receipts that others overtake on their way to us.
    reordered: float = 0.02
    #: Share that also gets a receipt on the way: ENROUTE.
    interim: float = 0.02
    #: Receipts of nobody, as a share of the messages.
    orphans: float = 0.0
    #: Median of the time to delivery, in seconds; lognormal.
    median: float = 4.0
    #: Spread of its logarithm: 0.67 puts 95 of 100 under 12 s.
    sigma: float = 0.67
    #: Seconds until an undelivered message expires.
    validity: float = 48 * 3600.0
    #: Messages that the vendor hands on per second, within one request.
    throughput: float = 500.0
    #: How statuses are spelt.
    spelling: Spelling = "smpp"
    #: What `messageId` is. "transaction": a single send's transactionId, an id of its own in the
    #: bulk modes; "request": the request's transactionId for all of its messages; "verification":
    #: a single send's verificationId; "own": never an id that the client was told.
    message_ids: Literal["transaction", "request", "verification", "own"] = "transaction"

    def __post_init__(self) -> None:
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(
                    f"DeliveryModel({name}={getattr(self, name)}) must lie between 0 and 1."
                )
        for name in ("median", "sigma", "validity", "throughput"):
            if not getattr(self, name) > 0:
                raise UsageError(f"DeliveryModel({name}={getattr(self, name)}) must be above 0.")

    @classmethod
    def perfect(cls) -> DeliveryModel:
        """Give a world in which every message arrives, and every receipt once and in order."""
        return cls(delivered=1.0, missing=0.0, repeated=0.0, late=0.0, reordered=0.0, interim=0.0)


def simulate(messages: pl.DataFrame, model: DeliveryModel, *, seed: int) -> pl.DataFrame:
    """Decide the receipts of `messages`, in the order in which they will arrive.

    Parameters
    ----------
    messages
        Of `Sandbox.messages`: message, position, mode, country_code, mobile, text, occurrence,
        received_at, transaction_id, verification_id.
    model
        The world to play.
    seed
        Same seed and same messages, same receipts, in whatever order the messages came: the dice
        of a message are the hash of seed, number, text, and which of several equal ones it is.

    Returns
    -------
    DataFrame with the columns of `RECEIPTS`, moments in UTC to the microsecond.
    """
    drawn = messages.pipe(_roll, seed).with_columns(_outcome(model)).with_columns(_times(model))
    reported = drawn.filter(_draw(2) >= model.missing)
    kinds = {
        "final": reported,
        "interim": reported.filter(_draw(3) < model.interim).with_columns(_interim()),
        "repeat": reported.filter(_draw(4) < model.repeated).with_columns(_repeat()),
        "orphan": drawn.filter(_draw(5) < model.orphans).with_columns(_orphan()),
    }
    return (
        pl.concat(frame.with_columns(kind=pl.lit(kind)) for kind, frame in kinds.items())
        .select(pl.col(name).cast(dtype) for name, dtype in RECEIPTS.items())
        .sort("arrives_at", "message", "kind", nulls_last=True)
    )


def payloads(receipts: pl.DataFrame, *, zone: str, spelling: Spelling = "smpp") -> pl.DataFrame:
    """Write receipts as the vendor's JSON has them: dates in its zone, whole seconds, no mark.

    >>> payloads(pl.DataFrame(schema=RECEIPTS), zone="Asia/Kolkata").columns
    ['apiKey', 'clientId', 'messageId', 'status', 'errorCode', 'countryCode', 'mobile',
    'submitDate', 'doneDate']
    """

    def local(moment: str) -> pl.Expr:
        return pl.col(moment).dt.convert_time_zone(zone).dt.strftime("%Y-%m-%d %H:%M:%S")

    nothing = pl.lit(None, dtype=pl.String)
    values = {
        "message_id": pl.col("message_id"),
        "status": pl.col("status").replace(SPELLINGS[spelling]),
        "error_code": pl.col("error_code"),
        "country_code": nothing,
        "mobile": pl.concat_str("country_code", "mobile"),
        "submitted": local("submitted_at"),
        "done": local("done_at"),
    }
    keys = {field: names[0] for field, names in CALLBACK_FIELDS.headers.items()}
    written = {keys[field]: value for field, value in values.items()}
    return receipts.select(apiKey=nothing, clientId=nothing, **written)


def write_callbacks(callbacks: pl.DataFrame, path: str | Path) -> Path:
    """Write a frame of callbacks, its kind by the suffix of `path`.

    Raises
    ------
    UsageError
        If the suffix is none of `SUFFIXES`.
    """
    path = Path(path)
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"export() cannot tell from {path.name!r} what to write. "
            f"End the name in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        )
    with atomic_write(path) as part:
        match suffix:
            case ".json":
                callbacks.write_json(part)
            case ".csv":
                callbacks.write_csv(part)
            case ".parquet":
                callbacks.write_parquet(part)
            case ".xlsx":
                from msgframe.spreadsheets import write_tables

                write_tables({"callbacks": callbacks}, part)
            case _:
                callbacks.write_ndjson(part)
    return path


def _roll(messages: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Give each message its dice: 128 hex digits, of which a draw takes eight."""
    import polars_hash as plh

    content = pl.concat_str(
        pl.lit(str(seed)), "country_code", "mobile", "occurrence", "text", separator="\x1f"
    )
    return messages.with_columns(content.alias("dice")).with_columns(
        plh.col("dice").chash.sha2_512()
    )


def _draw(die: int) -> pl.Expr:
    """Give the `die`-th draw of a message, 0 ≤ draw < 1; there are twelve."""
    digits = pl.col("dice").str.slice(8 * die, 8)
    return digits.str.to_integer(base=16, dtype=pl.Int64) / 2**32


def _outcome(model: DeliveryModel) -> Iterable[pl.Expr]:
    arrives = _draw(0) < model.delivered
    yield pl.when(arrives).then(pl.lit("DELIVRD")).otherwise(_failure(0)).alias("status")
    yield pl.when(arrives).then(0).otherwise(_failure(1)).alias("error_code")
    yield _message_id(model).alias("message_id")
    waiting = pl.col("position") / model.throughput
    yield (pl.col("received_at") + _seconds(waiting)).alias("submitted_at")


def _times(model: DeliveryModel) -> Iterable[pl.Expr]:
    # Box and Muller's way from two even draws to a normal one; 1 - draw is never 0.
    normal = (-2 * (1 - _draw(6)).log()).sqrt() * (2 * pi * _draw(7)).cos()
    latency = model.median * (model.sigma * normal).exp()
    late = pl.when(_draw(8) < model.late).then(600 + 12 * 3600 * _draw(9)).otherwise(0)
    done = pl.when(pl.col("status") == "EXPIRED").then(model.validity).otherwise(latency + late)
    reordered = pl.when(_draw(10) < model.reordered).then(30 + 570 * _draw(11)).otherwise(0)
    yield (pl.col("submitted_at") + _seconds(done)).alias("done_at")
    yield (pl.col("submitted_at") + _seconds(done + 0.2 + reordered)).alias("arrives_at")


def _interim() -> Iterable[pl.Expr]:
    passed = (pl.col("done_at") - pl.col("submitted_at")) * 0.4
    yield pl.lit("ENROUTE").alias("status")
    yield pl.lit(0).alias("error_code")
    yield (pl.col("submitted_at") + passed).alias("done_at")
    # Some come after the final receipt: what is said on the way may be heard last.
    last = pl.when(_draw(11) < 0.25).then(pl.col("arrives_at")).otherwise("submitted_at")
    yield (last + passed + _seconds(pl.lit(0.2))).alias("arrives_at")


def _repeat() -> Iterable[pl.Expr]:
    yield (pl.col("arrives_at") + _seconds(1 + 599 * _draw(9))).alias("arrives_at")


def _orphan() -> Iterable[pl.Expr]:
    yield pl.lit(None, dtype=pl.UInt32).alias("message")
    yield _uuid(8).alias("message_id")
    digits = (10**8 * _draw(11)).cast(pl.Int64).cast(pl.String).str.zfill(8)
    yield pl.concat_str(pl.lit("99"), digits).alias("mobile")


def _failure(field: int) -> pl.Expr:
    """Give the status (0) or the code (1) of the failure that the second draw picks."""
    chosen = pl.lit(FAILURES[-1][field])
    below = 1 - FAILURES[-1][2]
    for failure in reversed(FAILURES[:-1]):
        chosen = pl.when(_draw(1) < below).then(pl.lit(failure[field])).otherwise(chosen)
        below -= failure[2]
    return chosen


def _message_id(model: DeliveryModel) -> pl.Expr:
    own, single = _uuid(96), pl.col("mode").cast(pl.String).is_in(["single", "otp"])
    match model.message_ids:
        case "transaction":
            return pl.when(single).then("transaction_id").otherwise(own)
        case "verification":
            return pl.when(single).then("verification_id").otherwise(own)
        case "request":
            return pl.col("transaction_id")
        case "own":
            return own


def _uuid(start: int) -> pl.Expr:
    """Give 32 of the dice's digits the look of a random UUID."""
    cut = [(0, 8), (8, 4), (13, 3), (17, 3), (20, 12)]
    parts = [pl.col("dice").str.slice(start + at, length) for at, length in cut]
    marked = [parts[0], parts[1], "4" + parts[2], "a" + parts[3], parts[4]]
    return pl.concat_str(marked, separator="-")


def _seconds(seconds: pl.Expr) -> pl.Expr:
    return (seconds * 1_000_000).cast(pl.Int64).cast(pl.Duration("us"))
