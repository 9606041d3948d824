"""The page at `/`: what the vendor was asked and what it took, for a person to look at."""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING

import polars as pl

from msgframe.core import masking, views
from msgframe.message_central.vocabulary import ENDPOINTS

if TYPE_CHECKING:
    from msgframe.message_central.sandbox import Sandbox

#: How many of the newest rows a table shows.
MAX_ROWS = 25

#: A bar's colour by status; grey is for those in between.
_COLOURS = {"DELIVRD": "#2e9e6b", "EXPIRED": "#c98a1b", "UNDELIV": "#d0574b", "REJECTD": "#a5438f"}

#: System colours follow the reader's light or dark mode by themselves. Nothing is fetched.
_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>msgframe sandbox</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem;
       background: Canvas; color: CanvasText }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
p, .note { opacity: .75; margin: .25rem 0 }
code { font: 13px ui-monospace, monospace }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem }
.tile { border: 1px solid rgba(128,128,128,.35); border-radius: .5rem; padding: .5rem 1rem;
        min-width: 7rem }
.tile b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums }
.bar { display: grid; grid-template-columns: 7rem 1fr 9rem; gap: .75rem; align-items: center }
.bar i { display: block; height: .8rem; border-radius: .2rem; min-width: 2px }
.scroll { overflow-x: auto } a { color: LinkText }
td { max-width: 34rem; overflow-wrap: break-word }
</style></head><body>
<h1>msgframe sandbox</h1>
<p style="float: right"><a href="?live">live</a> · <a href="?">still</a></p>
<p>Plays Message Central's Message Now. No text leaves this machine.</p>
<p>customer id <code>$customer_id</code> · token at <code>$token_path</code>
· send at <code>$send_path</code></p>
<div class="tiles">$tiles</div>
<h2>Receipts</h2>$bars
<h2>Newest requests</h2><div class="scroll">$requests</div>
<h2>Newest messages</h2><div class="scroll">$messages</div>
</body></html>
""")


def page(sandbox: Sandbox) -> str:
    """Give the page: totals, receipts by status, the newest requests and messages.

    Values are escaped; of a number, in a column or in a text, only the ends are shown.
    """
    requests, messages, receipts = sandbox.requests, sandbox.messages, sandbox.receipts
    tiles = {
        "requests": requests.height,
        "not taken": requests.filter(operation="send", taken=0).height,
        "hit by a fault": requests.filter(pl.col("fault").is_not_null()).height,
        "messages taken": messages.height,
        "receipts": receipts.height,
    }
    return _PAGE.substitute(
        customer_id=escape(sandbox.customer_id),
        token_path=ENDPOINTS["token"][1],
        send_path=ENDPOINTS["send"][1],
        tiles="".join(map(_tile, tiles.items())),
        bars=_bars(receipts),
        requests=_newest(
            requests.select("request", _clock(), pl.exclude("request", "received_at")),
            "No request yet.",
        ),
        messages=_newest(_with_outcomes(messages, receipts), "No message yet."),
    )


def _clock() -> pl.Expr:
    return pl.col("received_at").dt.strftime("%H:%M:%S%.3f").alias("at (UTC)")


def _with_outcomes(messages: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """Give the newest messages with what will become of each, as its final receipt has it."""
    ends = receipts.filter(kind="final").select("message", "status", errorCode="error_code")
    number = pl.concat_str("country_code", "mobile").alias("msisdn")
    last = ["text", "sender_id", "message_type", "status", "errorCode"]
    return (
        messages.tail(MAX_ROWS)
        .join(ends, on="message", how="left", maintain_order="left")
        .select("request", _clock(), "mode", number, *last)
    )


def _tile(tile: tuple[str, int]) -> str:
    return f"<div class='tile'><b>{tile[1]:,}</b>{escape(tile[0])}</div>"


def _bars(receipts: pl.DataFrame) -> str:
    counts = receipts["status"].value_counts(sort=True)
    if counts.is_empty():
        return "<p>No receipt yet.</p>"
    most = counts["count"].max()
    return "".join(_bar(status, count, count / most) for status, count in counts.rows())


def _bar(status: str, count: int, share: float) -> str:
    colour = _COLOURS.get(status, "rgba(128,128,128,.7)")
    drawn = f"<i style='width:{share:.1%};background:{colour}'></i>"
    return f"<div class='bar'><span>{escape(status)}</span>{drawn}<span>{count:,}</span></div>"


def _newest(frame: pl.DataFrame, nothing: str) -> str:
    if frame.is_empty():
        return f"<p>{nothing}</p>"
    shown = frame.tail(MAX_ROWS).reverse()
    if "text" in shown.columns:
        shown = shown.with_columns(
            text=pl.Series([masking.mask_text(text) for text in shown["text"]])
        )
    return views.html_table(shown, most=MAX_ROWS)
