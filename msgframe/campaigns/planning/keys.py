"""What names a message and a plan: keys that no machine, version or rerun changes."""

from __future__ import annotations

import hashlib

import polars as pl
import polars_hash as plh

from msgframe.frames import columns, require_columns

#: Hex digits of a key: 128 bits, so no two of a billion messages share one by chance.
KEY_DIGITS = 32

#: Hex digits of a fingerprint, short enough for a person to type: 48 bits.
FINGERPRINT_DIGITS = 12

#: What a plan says beyond its own columns: who gets which words, and what a file would hold.
_CONTENT = ("country_code", "mobile", "text", "template", "variables")

#: Rows that are joined and hashed at once, which bounds the memory.
_CHUNK = 50_000


def message_key(campaign: str) -> pl.Expr:
    """Give each message its key: SHA-256 over campaign, number, text, and the how-manieth it is.

    The parts are joined so that no two different messages give one line: the campaign says its
    length, number and ordinal are digits up to a colon, and the text is all that is left. Only
    exact repeats need the `ordinal`, so the order of the rows changes no other message's key.

    Parameters
    ----------
    campaign
        The campaign's name. The frame has `msisdn` i64 and `text` str, either of which may be
        null, and `ordinal`, from 0.

    Returns
    -------
    String of 32 hex digits, never null.

    >>> frame = pl.DataFrame({"msisdn": [919816111111, None], "text": ["Hola", None]})
    >>> frame.with_columns(ordinal=0).select(message_key("saldo"))["message_key"].to_list()
    ['f43857855c47918537c08a230763d08f', '5ebe5a9b8c4a625d4cbd5815e76c2c09']
    """
    line = plh.concat_str(
        pl.lit(f"{len(campaign)}:{campaign}:"),
        pl.col("msisdn").cast(pl.String).fill_null("-"),
        pl.lit(":"),
        pl.col("ordinal").cast(pl.String),
        pl.when(pl.col("text").is_null()).then(pl.lit("-")).otherwise(pl.lit(":")),
        pl.col("text").fill_null(""),
    )
    return line.chash.sha2_256().str.head(KEY_DIGITS).alias("message_key")


def text_key() -> pl.Expr:
    """Name a text: the first 32 hex digits of its SHA-256."""
    return plh.col("text").chash.sha2_256().str.head(KEY_DIGITS)


def ordinal(messages: pl.DataFrame) -> pl.Series:
    """Count, from 0, how many rows before each one have the same number and the same text."""
    return _before(messages, "msisdn", "text", counted=pl.lit(1)).rename("ordinal")


def occurrence(messages: pl.DataFrame) -> pl.Series:
    """Count, from 0, how many rows before each one go to the same number and are not held."""
    return _before(messages, "msisdn", counted=pl.col("held").is_null()).rename("occurrence")


def fingerprint(plan: pl.DataFrame, /) -> str:
    """Give a plan's fingerprint: 12 hex digits that change with anything that would be sent.

    It covers the messages and their order, their requests, waves and moments, what is held, and
    the settings of the campaign; the person's own columns and the file's row numbers are left out.

    Raises
    ------
    ColumnsError
        If the frame is not a plan.

    >>> from msgframe.campaigns.planning import plan
    >>> hola = pl.DataFrame(
    ...     {
    ...         "country_code": ["91", "91"],
    ...         "mobile": ["9816111111", "7715131105"],
    ...         "msisdn": [919816111111, 917715131105],
    ...         "text": ["Hola", "Hola"],
    ...         "segments": [1, 1],
    ...         "template": ["Hola", "Hola"],
    ...         "variables": [[], []],
    ...     },
    ...     schema_overrides={"variables": pl.List(pl.String)},
    ... )
    >>> settings = {"sender_id": "UTOMOB", "message_type": "TRANSACTION"}
    >>> fingerprint(plan(hola, campaign="hola", **settings))
    '0aa141a10204'
    """
    covered = [*columns("plan"), *_CONTENT]
    require_columns(plan, covered, verb="fingerprint")
    digest = hashlib.sha256(f"{plan.height} rows of {covered}\n".encode())
    for chunk in plan.select(covered).iter_slices(_CHUNK):
        for name in covered:
            digest.update(_runs(chunk, name).encode())
    return digest.hexdigest()[:FINGERPRINT_DIGITS]


def _runs(chunk: pl.DataFrame, name: str) -> str:
    """Write a column as runs of equal values, each with its length, so that no two give one text.

    Most of a plan's columns hardly change from row to row.
    """
    runs = chunk.select(_as_text(name, chunk.schema[name])).to_series().rle().struct.unnest()
    lines = runs.select(pl.format("{} × {}\n", "len", _measured(pl.col("value")))).to_series()
    return str(lines.str.join("").item())


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    match dtype:
        case pl.List():
            return pl.col(name).list.eval(_measured(pl.element().cast(pl.String))).list.join("")
        case pl.Datetime():
            return pl.col(name).dt.epoch("us").cast(pl.String)
        case _:
            return pl.col(name).cast(pl.String)


def _measured(text: pl.Expr) -> pl.Expr:
    return pl.concat_str(text.str.len_bytes(), pl.lit(":"), text).fill_null("-")


def _before(messages: pl.DataFrame, *same: str, counted: pl.Expr) -> pl.Series:
    """Count the rows before each one that have the same values, `msisdn` first, and are counted.

    Only rows whose number occurs again are looked at. Sorted, equal rows stand together, and a
    count is a difference of running sums, which takes a tenth of what a window over groups does.
    """
    shared = messages["msisdn"].is_duplicated()
    sums = pl.col("counted").cum_sum() - pl.col("counted")
    opens = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in same)
    counts = (
        messages.filter(shared)
        .select("index", *same, counted=counted.cast(pl.UInt32))
        .sort(same, maintain_order=True)
        .select("index", before=sums, opens=opens)
        .with_columns(at_first=pl.when("opens").then("before").forward_fill().fill_null(0))
        .select("index", before=pl.col("before") - pl.col("at_first"))
        .sort("index")["before"]
    )
    return pl.zeros(messages.height, pl.UInt32, eager=True).scatter(shared.arg_true(), counts)
