"""preview: a few messages as a phone shows them, and not the first but the telling ones."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from io import StringIO
from random import Random
from typing import TYPE_CHECKING, Any

import polars as pl

from msgframe.core.masking import mask_numbers
from msgframe.core.translation import Count, require_language, translate
from msgframe.errors import SettingsError
from msgframe.frames import require_columns
from msgframe.messages import grammar
from msgframe.messages.segmentation import EMOJI

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

# A bubble has its own colours, so it reads on a light and on a dark page.
_BUBBLE = (
    "background:#e9e9eb;color:#111;border-radius:18px 18px 18px 4px;padding:9px 14px;"
    "display:inline-block;white-space:pre-wrap;overflow-wrap:anywhere;"
    "font:15px/1.35 system-ui,sans-serif"
)
_WHY = "font:600 12px/1.5 system-ui,sans-serif;margin:14px 0 3px 6px"
_UNDER = "font:12px/1.5 system-ui,sans-serif;margin:3px 0 0 6px"
_DEAR = "color:#d97706;font-weight:600;white-space:nowrap"
_CHEAP = "white-space:nowrap"

# A cell may hold what steers a terminal; it is shown as the picture that Unicode has of it.
_VISIBLE = {
    **{code: 0x2400 + code for code in range(32) if code != ord("\n")},
    **dict.fromkeys(range(0x7F, 0xA0), 0xFFFD),
}


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """A few telling messages; shows itself as bubbles, and `rows` holds them as a frame."""

    #: `why` (what makes it telling), `row`, `to` (masked), text, encoding, units, segments.
    rows: pl.DataFrame
    #: How many messages there are in all.
    of: int
    #: The language of its captions.
    language: str = "en"

    def __repr__(self) -> str:
        """Draw the bubbles for a terminal."""
        return _drawn(self)

    def _repr_html_(self) -> str:
        bubbles = "".join(
            f"<div style='{_WHY}'>{escape(row['why'])}</div>"
            f"<div dir='auto' style='{_BUBBLE}'>{escape(row['text']) or '&nbsp;'}</div>"
            f"<div style='{_UNDER}'>{_caption_html(row, self.language)}</div>"
            for row in self.rows.iter_rows(named=True)  # a dozen rows, and each a picture
        )
        return (
            f"<div style='max-width:360px'>{bubbles}<div style='{_WHY}'>{_count(self)}</div></div>"
        )


def preview(
    messages: pl.DataFrame,
    /,
    *,
    template: str | None = None,
    defaults: Mapping[str, str] | None = None,
    random: int = 3,
    seed: int = 0,
    language: str = "en",
) -> Preview:
    """Show the messages that tell most: the extremes, the odd ones, and a random few.

    Parameters
    ----------
    messages
        What `render` made.
    template
        The template that they were made of, to find one in which a default stands.
    defaults
        The defaults that they were made with.
    random
        How many random messages to show besides.
    seed
        The same seed shows the same ones.
    language
        The language of the captions.

    Returns
    -------
    A preview that shows itself in a notebook and in a terminal, each recipient's number masked; its
    `rows` are an ordinary frame.

    >>> messages = pl.DataFrame(
    ...     {
    ...         "row": [2, 3],
    ...         "msisdn": [919816111111, 919876111111],
    ...         "text": ["Hola", "Adiós 👍"],
    ...         "encoding": ["GSM-7", "UCS-2"],
    ...         "units": [4, 8],
    ...         "segments": [1, 1],
    ...     }
    ... )
    >>> preview(messages, random=0)
    ╭──────╮
    │ Hola │
    ╰──────╯
      9198•••••111 · row 2 · GSM-7, 4 units, 1 segment · shortest
    ╭──────────╮
    │ Adiós 👍 │
    ╰──────────╯
      9198•••••111 · row 3 · UCS-2, 8 units, 1 segment · longest, with an emoji,
    outside of GSM-7
    2 of 2 messages
    """
    require_language(language, verb="preview")
    require_columns(messages, ["text", "encoding", "units", "segments"], verb="preview")
    if random < 0:
        raise SettingsError(f"preview() shows random={random} messages? Give 0 or more, such as 3.")
    reasons: dict[int, list[str]] = {}
    for at, why in _telling(messages, template, defaults):
        reasons.setdefault(at, []).append(translate(f"preview.{why}", language))
    for at in _dice(messages.height, random, besides=reasons, seed=seed):
        reasons[at] = [translate("preview.random", language)]
    return Preview(_rows(messages, reasons), messages.height, language)


def _telling(
    messages: pl.DataFrame, template: str | None, defaults: Mapping[str, str] | None
) -> Iterator[tuple[int, str]]:
    """Find what tells most, and by which sentence of `[preview]`."""
    text, segments = pl.col("text"), pl.col("segments")
    extremes = messages.select(
        shortest=pl.col("units").arg_min(),
        longest=pl.col("units").arg_max(),
        most_segments=pl.when(segments.max() > 1).then(segments.arg_max()),
        emoji=_first(text.str.contains(EMOJI)),
        ucs2=_first(pl.col("encoding").cast(pl.String) == "UCS-2"),
        signs=_first(text.str.contains("##", literal=True)),
        default=_first(_with_default(messages, template, defaults)),
    )
    for why, at in extremes.row(0, named=True).items() if messages.height else []:
        if at is not None:
            yield at, why


def _dice(height: int, count: int, *, besides: Container[int], seed: int) -> list[int]:
    drawn = Random(seed).sample(range(height), min(height, count + 8))
    return sorted([at for at in drawn if at not in besides][:count])


def _first(condition: pl.Expr) -> pl.Expr:
    return condition.arg_true().first()


def _with_default(
    messages: pl.DataFrame, template: str | None, defaults: Mapping[str, str] | None
) -> pl.Expr:
    parts = grammar.bind(template or "", messages.columns, defaults=defaults, verb="preview")
    blank = [
        pl.col(marker.name).cast(pl.String).str.strip_chars().fill_null("") == ""
        for marker in grammar.markers(parts)
        if marker.default is not None
    ]
    return pl.any_horizontal(blank) if blank else pl.lit(value=False)


def _rows(messages: pl.DataFrame, reasons: Mapping[int, list[str]]) -> pl.DataFrame:
    counted = messages if "row" in messages.columns else messages.with_row_index("row")
    number = next((name for name in ("msisdn", "mobile") if name in messages.columns), None)
    return counted[list(reasons)].select(
        pl.Series("why", [", ".join(why) for why in reasons.values()], dtype=pl.String),
        "row",
        (pl.lit(None, dtype=pl.String) if number is None else mask_numbers(number)).alias("to"),
        "text",
        "encoding",
        "units",
        "segments",
    )


def _caption(row: Mapping[str, Any], language: str) -> list[str]:
    sizes = {**row, "segments": Count(row["segments"], "segment")}
    to = [str(row["to"])] if row["to"] else []
    return [*to, *(translate(f"preview.{part}", language, **sizes) for part in ("row", "size"))]


def _count(shown: Preview) -> str:
    return translate("preview.count", shown.language, shown=shown.rows.height, messages=shown.of)


def _caption_html(row: Mapping[str, Any], language: str) -> str:
    *start, size = (escape(part) for part in _caption(row, language))
    style = _CHEAP if row["segments"] == 1 else _DEAR
    return " · ".join([*start, f"<span style='{style}'>{size}</span>"])


def _drawn(shown: Preview) -> str:
    from rich.box import ROUNDED
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    # Rich would draw into a notebook by itself, and leave nothing to give back.
    console = Console(
        file=StringIO(), width=64, color_system=None, legacy_windows=False, force_jupyter=False
    )
    for row in shown.rows.iter_rows(named=True):  # a dozen rows, and each a picture
        console.print(Panel(Text(row["text"].translate(_VISIBLE)), box=ROUNDED, expand=False))
        caption = [*_caption(row, shown.language), row["why"]]
        console.print(Text(f"  {' · '.join(caption)}"), soft_wrap=True)
    console.print(Text(_count(shown)))
    assert isinstance(console.file, StringIO)  # noqa: S101  (it was made three lines above)
    return console.file.getvalue().rstrip("\n")
