"""Receipts are joined back to what was sent: by id where ids agree, else by number and time.

`track` never guesses in silence. Every delivery says by what it was matched, how many messages its
receipt could have meant, and whether another way to hand out the receipts was possible. Receipts of
nobody come out as `orphans`, messages without a receipt stay "pending", and the sums are checked.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import NamedTuple

import polars as pl

from msgframe import frames
from msgframe.core import views
from msgframe.errors import InvariantError
from msgframe.receipts import latest, matching

_LOG = logging.getLogger("msgframe")

#: Ids of a request that a receipt's message id may be, the surest first.
_IDS = ("transaction_id", "verification_id")

_MATCH_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "row_index": pl.UInt32,
    "receipt": pl.UInt32,
    "candidates": pl.UInt32,
    "certain": pl.Boolean,
    "matched_by": frames.MATCHED_BY,
}


class Tracked(NamedTuple):
    """What became of every message, and the receipts that belong to none."""

    #: Every row of `sent`, in its order, and `frames.columns("track")`.
    deliveries: pl.DataFrame
    #: The receipts of nobody, as `read_callbacks` gave them.
    orphans: pl.DataFrame

    @property
    def sums(self) -> pl.DataFrame:
        """The sums: messages = matched + pending; receipts = matched + repeated + orphans.

        `settled` are messages of unknown outcome that a receipt showed to have left.
        """
        matched = pl.col("matched_by").is_not_null()
        names = frames.MATCHED_BY.categories
        return (
            self.deliveries.select(
                frames.MAY_HAVE_LEFT.sum().alias("messages"),
                matched.sum().alias("matched"),
                *((pl.col("matched_by") == name).sum().alias(name) for name in names),
                (matched & ~pl.col("ambiguous")).sum().alias("certain"),
                (pl.col("status") == "pending").sum().alias("pending"),
                (pl.col("state") == "unknown").sum().alias("unknown"),
                (matched & (pl.col("state") == "unknown")).sum().alias("settled"),
                (pl.col("receipts").sum() + self.orphans.height).alias("receipts"),
                (pl.col("receipts").sum() - matched.sum()).alias("repeated"),
                pl.lit(self.orphans.height).alias("orphans"),
            )
            .select(pl.all().cast(pl.Int64))
            .transpose(include_header=True, header_name="what", column_names=["count"])
        )

    def __repr__(self) -> str:
        return views.one_line("Tracked", deliveries=self.deliveries, orphans=self.orphans)

    def _repr_html_(self) -> str:
        return views.html_panels(
            "Tracked", sums=self.sums, deliveries=self.deliveries, orphans=self.orphans
        )


def track(
    sent: pl.DataFrame,
    callbacks: pl.DataFrame,
    /,
    *,
    window: timedelta = timedelta(hours=24),
    slack: timedelta = timedelta(seconds=5),
) -> Tracked:
    """Say what became of every message, each receipt given to its message or kept as an orphan.

    Parameters
    ----------
    sent
        What `send` gave. Where other campaigns wrote to the same people within the window, put
        them in too (`pl.concat([monday, tuesday], how="diagonal")`): a receipt tells no campaign.
    callbacks
        What `read_callbacks` gave; repeats and order do not matter.
    window
        How long after its request a message may reach the operator ("submitDate").
    slack
        How much earlier than its request, by the vendor's clock, a receipt may claim to be
        submitted: its dates are whole seconds, and no two clocks agree.

    Returns
    -------
    `Tracked(deliveries, orphans)`. A message that failed or was held has no status; one without a
    receipt is "pending". `ambiguous` marks a match that is one of several possible, and a pending
    message whose receipt may have been given to another. Where the receipts show that the clocks
    disagree, or that others write to the same people, no match by number is certain, and a warning
    in the log of "msgframe" says why.

    Raises
    ------
    ColumnsError
        `sent` or `callbacks` lacks a column, or `sent` was tracked already.
    InvariantError
        A sum does not hold; nothing is given back then.

    >>> from datetime import UTC, datetime
    >>> nine = datetime(2026, 3, 1, 9, tzinfo=UTC)
    >>> sent = pl.DataFrame(
    ...     {
    ...         "msisdn": [919816111111, 917715131105, 917715131105],
    ...         "state": ["accepted", "accepted", "unknown"],
    ...         "request_at": [nine] * 3,
    ...         "transaction_id": ["1c9c56ec", None, None],
    ...         "verification_id": pl.Series([None] * 3, dtype=pl.String),
    ...     }
    ... )
    >>> delivered = {"status": "delivered", "submitted_at": nine}
    >>> callbacks = pl.DataFrame(
    ...     [
    ...         {"message_id": "1c9c56ec", "msisdn": 919816111111} | delivered,
    ...         {"message_id": "a2e87214", "msisdn": 917715131105} | delivered,
    ...     ],
    ...     schema=frames.columns("callbacks"),
    ... )
    >>> deliveries, orphans = track(sent, callbacks)
    >>> deliveries.select("state", "status", "matched_by", "candidates", "ambiguous")
    shape: (3, 5)
    ┌──────────┬───────────┬────────────────┬────────────┬───────────┐
    │ state    ┆ status    ┆ matched_by     ┆ candidates ┆ ambiguous │
    │ ---      ┆ ---       ┆ ---            ┆ ---        ┆ ---       │
    │ str      ┆ enum      ┆ enum           ┆ u32        ┆ bool      │
    ╞══════════╪═══════════╪════════════════╪════════════╪═══════════╡
    │ accepted ┆ delivered ┆ transaction_id ┆ 1          ┆ false     │
    │ accepted ┆ pending   ┆ null           ┆ 0          ┆ true      │
    │ unknown  ┆ delivered ┆ msisdn         ┆ 2          ┆ true      │
    └──────────┴───────────┴────────────────┴────────────┴───────────┘
    """
    frames.forbid_columns(sent, "track", verb="track")
    frames.require_columns(sent, ["msisdn", "state", "request_at", *_IDS], verb="track")
    frames.require_columns(callbacks, frames.columns("callbacks"), verb="track")
    messages = _messages(sent)
    receipts = latest.latest_receipts(callbacks).with_row_index("receipt")
    matches, doubtful = _matched(messages, receipts, window, slack)
    deliveries = sent.hstack(_outcomes(sent, matches, doubtful, receipts))
    tracked = Tracked(deliveries, _orphans(callbacks, receipts, matches))
    _check(tracked, callbacks)
    return tracked


def _messages(sent: pl.DataFrame) -> pl.DataFrame:
    """Give the messages that may have left, in the order in which they did."""
    order = [name for name in ("request_at", "request", "position") if name in sent.columns]
    return (
        sent.select("state", "msisdn", *order, *_IDS)
        .with_columns(pl.col("request_at").cast(frames.MOMENT), _segments(sent))
        .with_row_index("row_index")
        .filter(frames.MAY_HAVE_LEFT)
        .sort(order, maintain_order=True)
    )


def _segments(sent: pl.DataFrame) -> pl.Series:
    """Give how many parts each message has; one where `sent` does not say."""
    if "segments" in sent.columns:
        return sent["segments"].cast(pl.Int64)
    return pl.repeat(1, sent.height, dtype=pl.Int64, eager=True).alias("segments")


def _matched(
    messages: pl.DataFrame, receipts: pl.DataFrame, window: timedelta, slack: timedelta
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the pairs of messages and receipts, and the messages that a receipt leaves in doubt."""
    matches = pl.DataFrame(schema=_MATCH_SCHEMA)
    for name in _IDS:
        matches.extend(_by_id(*_unmatched(messages, receipts, matches), name))
    open_messages, open_receipts = _unmatched(_without_id(messages, matches), receipts, matches)
    at = pl.coalesce("submitted_at", "done_at", "received_at").alias("at")
    by_number = matching.match(
        open_messages.select("row_index", "msisdn", "request_at", "segments"),
        open_receipts.select("receipt", "msisdn", "message_id", at),
        window=window,
        slack=slack,
    )
    if by_number.objection is not None:
        _LOG.warning("track() calls no match by number certain: %s.", by_number.objection)
    pairs = by_number.pairs.with_columns(matched_by=pl.lit("msisdn", frames.MATCHED_BY))
    doubtful = pl.concat([by_number.doubtful, _shadowed(messages, matches)])
    return matches.extend(pairs.select(*_MATCH_SCHEMA)), doubtful


def _unmatched(
    messages: pl.DataFrame, receipts: pl.DataFrame, matches: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if matches.is_empty():
        return messages, receipts
    return (
        messages.join(matches, on="row_index", how="anti", maintain_order="left"),
        receipts.join(matches, on="receipt", how="anti"),
    )


def _by_id(messages: pl.DataFrame, receipts: pl.DataFrame, name: str) -> pl.DataFrame:
    """Match by an id of the request, and within a request of many by the number."""
    known = messages.select("row_index", "msisdn", message_id=name).drop_nulls("message_id")
    named = receipts.select("receipt", "message_id", "msisdn")
    numbered = named.join(known, on=["message_id", "msisdn"])
    # Without a number, the id of a request of one tells enough, that of a request of many nothing.
    alone = known.filter(pl.col("message_id").is_unique())
    bare = named.filter(pl.col("msisdn").is_null()).join(alone, on="message_id")
    return (
        pl.concat([numbered, bare.select(numbered.columns)])
        .with_columns(pl.len().over("receipt").cast(pl.UInt32).alias("candidates"))
        .with_columns((pl.col("candidates") == 1).alias("certain"))
        .sort("row_index", "msisdn", nulls_last=True)
        .unique("receipt", keep="first", maintain_order=True)
        .unique("row_index", keep="first", maintain_order=True)
        .with_columns(matched_by=pl.lit(name, frames.MATCHED_BY))
        .select(*_MATCH_SCHEMA)
    )


def _shadowed(messages: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Give the messages to whose number and request another message has the receipt."""
    uncertain = matches.filter(~pl.col("certain"))
    if uncertain.is_empty():
        return uncertain.select("row_index")
    request = ["msisdn", *_IDS]
    claimed = messages.join(uncertain, on="row_index", how="semi").select(request)
    return messages.join(claimed, on=request, how="semi", nulls_equal=True).select("row_index")


def _without_id(messages: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Leave out messages that a receipt would name: where ids are seen to agree, only ids count.

    Ids may agree for requests of one message and not for those of many: the two are told apart.
    """
    for name in _IDS:
        shared = messages.select("row_index", shared=pl.len().over(name) > 1)
        proofs = matches.filter(pl.col("matched_by") == name)
        agree = shared.join(proofs, on="row_index", how="semi")["shared"].unique().to_list()
        named = pl.col(name).is_not_null() & (pl.len().over(name) > 1).is_in(agree)
        messages = messages.filter(~named)
    return messages


def _outcomes(
    sent: pl.DataFrame, matches: pl.DataFrame, doubtful: pl.DataFrame, receipts: pl.DataFrame
) -> pl.DataFrame:
    """Give `frames.columns("track")` for every row of `sent`, in its order."""
    contents = receipts.drop("receipt").select(pl.all().gather(matches["receipt"]))
    outcomes = latest.worst_segment(matches.drop("receipt").hstack(contents), _segments(sent))
    rows = _positions(sent.height, outcomes["row_index"])
    return (
        outcomes.select(pl.exclude("row_index").gather(rows))
        .with_columns(
            sent=sent.select(frames.MAY_HAVE_LEFT).to_series(),
            doubtful=_positions(sent.height, doubtful["row_index"]),
        )
        .with_columns(
            pl.when("sent").then(pl.col("status").fill_null("pending")),
            pl.col("receipts", "candidates").fill_null(0),
            (pl.col("done_at") - pl.col("submitted_at")).alias("latency"),
            pl.coalesce(~pl.col("certain"), pl.col("doubtful").is_not_null()).alias("ambiguous"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in frames.columns("track").items())
    )


def _positions(height: int, rows: pl.Series) -> pl.Series:
    """Give for each of `height` rows its position in `rows`, or null.

    They are row numbers already: writing to them costs a fifth of joining by them.
    """
    positions = pl.repeat(None, height, dtype=pl.UInt32, eager=True)
    return positions.scatter(rows, pl.int_range(len(rows), dtype=pl.UInt32, eager=True))


def _orphans(
    callbacks: pl.DataFrame, receipts: pl.DataFrame, matches: pl.DataFrame
) -> pl.DataFrame:
    unclaimed = receipts.join(matches, on="receipt", how="anti").select(latest.KEY)
    return (
        callbacks.with_columns(latest.keys())
        .join(unclaimed, on=latest.KEY, how="semi", nulls_equal=True, maintain_order="left")
        .drop("without_id_at")
    )


def _check(tracked: Tracked, callbacks: pl.DataFrame) -> None:
    """Raise unless every message and every receipt is accounted for, once."""
    sums = dict(tracked.sums.rows())
    if sums["matched"] + sums["pending"] != sums["messages"]:
        raise InvariantError(
            f"track() matched {sums['matched']:,} messages and left {sums['pending']:,} pending, "
            f"but {sums['messages']:,} were accepted or unknown. This is a fault of msgframe."
        )
    if sums["receipts"] != callbacks.height:
        raise InvariantError(
            f"track() used {sums['receipts']:,} receipts of {callbacks.height:,}. "
            f"This is a fault of msgframe."
        )
