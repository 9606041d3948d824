"""The report's charts, drawn by Altair and turned into SVG without a browser."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import polars as pl

from msgframe.core.atomic_files import atomic_write
from msgframe.core.translation import format_number, section
from msgframe.core.views import translate_cells
from msgframe.errors import UsageError
from msgframe.frames import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

    import altair as alt

#: One hue for what went well, warm ones for what did not, grey for what is still open.
_COLOURS = {name: status.colour for name, status in STATUSES.items()}
_GOOD = _COLOURS["delivered"]

#: Where the time axis is labelled, in seconds.
_MOMENTS = {1: "1 s", 5: "5 s", 20: "20 s", 60: "1 min", 300: "5 min", 3600: "1 h", 43200: "12 h"}

#: Around a chart, in pixels.
_PADDING = {"left": 20, "right": 5, "top": 5, "bottom": 5}

Chart: TypeAlias = "alt.Chart | alt.LayerChart"


@dataclass(frozen=True)
class Drawing:
    """A chart that needs neither a browser nor the network to be seen."""

    #: Altair's own chart, to change or to combine.
    altair: Chart

    @cached_property
    def svg(self) -> str:
        """The chart as an SVG text."""
        drawn = StringIO()
        self.altair.save(drawn, format="svg")
        return drawn.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write the chart as a picture: `.svg` or `.png`, complete or absent.

        Raises
        ------
        UsageError
            If the ending is neither.
        """
        path = Path(path)
        if path.suffix.lower() not in {".svg", ".png"}:
            raise UsageError(f"A chart is saved as .svg or .png, not {path.suffix!r}: name one.")
        with atomic_write(path) as target:
            self.altair.save(target, scale_factor=2)
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_png_(self) -> bytes:
        # JupyterLab shows SVG only in a notebook that it trusts; a PNG is always shown.
        drawn = BytesIO()
        self.altair.save(drawn, format="png", scale_factor=2)
        return drawn.getvalue()


def funnel(table: pl.DataFrame, title: str, language: str = "en") -> Drawing:
    """Draw bars from the sheet to the handset, each with its count and its share of the first."""
    coloured = table.with_columns(colour=pl.lit(_GOOD))
    return _framed(_bars(coloured, "step", "rows", language), title, language)


def statuses(table: pl.DataFrame, title: str, language: str = "en") -> Drawing:
    """Draw bars of what became of the messages that left."""
    colour = pl.col("status").cast(pl.String).replace_strict(_COLOURS, default=_GOOD)
    coloured = table.with_columns(colour=colour)
    return _framed(_bars(coloured, "status", "messages", language), title, language)


def curve(line: pl.DataFrame, title: str, language: str = "en", *, points: int = 300) -> Drawing:
    """Draw the share of the messages delivered within so many seconds (`delivery_curve`)."""
    import altair as alt

    # A million deliveries draw as one line of a few hundred steps.
    every = pl.int_range(pl.len()) % max(1, line.height // points) == 0
    last = pl.int_range(pl.len()) == pl.len() - 1
    thinned = line.filter(every | last).with_columns(pl.col("seconds").clip(1))
    drawn = alt.Chart(thinned).mark_line(interpolate="step-after", color=_GOOD, strokeWidth=2)
    # The quick ones take seconds and the late ones hours: only a logarithm shows both.
    named = " : ".join(f"datum.value == {at} ? '{name}'" for at, name in _MOMENTS.items())
    axis = alt.Axis(grid=False, values=list(_MOMENTS), labelExpr=f"{named} : ''")
    seconds = alt.X("seconds:Q", title=None, scale=alt.Scale(type="log"), axis=axis)
    share = alt.Y("delivered:Q", title=None, axis=alt.Axis(format="%"))
    return _framed(drawn.encode(x=seconds, y=share), title, language)


def hours(table: pl.DataFrame, title: str, language: str = "en") -> Drawing:
    """Draw a heat map of the share delivered, by the day and the hour that the request left."""
    import altair as alt

    shown = translate_cells(table, language).with_columns(hour=pl.col("hour").cast(pl.Int32))
    legend = alt.Legend(format="%", labelColor="#777")
    squares = alt.Chart(shown).mark_rect(cornerRadius=2)
    squares = squares.encode(
        x=alt.X("hour:O", title="UTC", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("day:O", title=None, sort=None),
        color=alt.Color("share:Q", title=None, scale=alt.Scale(scheme="teals"), legend=legend),
        tooltip=["day", "hour", "messages", "share"],
    )
    return _framed(squares, title, language)


#: The charts of a report, by the table that each one draws.
DRAWN: dict[str, Callable[[pl.DataFrame, str, str], Drawing]] = {
    "funnel": funnel,
    "statuses": statuses,
    "curve": curve,
    "hours": hours,
}


def _bars(table: pl.DataFrame, name: str, count: str, language: str) -> Chart:
    """Draw horizontal bars, each in its `colour`, labelled at their ends with count and `share`."""
    import altair as alt

    bars = translate_cells(table, language).select("share", "colour", name=name, count=count)
    # A label needs room to the right of the longest bar.
    longest = cast("int", bars["count"].max() or 1)
    scale = alt.Scale(domain=[0, longest * 1.3], nice=False)
    texts = [
        f"{format_number(n, ',', language)}  ·  {format_number(share, '.1%', language)}"
        for n, share in bars.select("count", "share").rows()
    ]
    base = alt.Chart(bars.with_columns(label=pl.Series(texts, dtype=pl.String))).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(ticks=False, labelPadding=8)),
        x=alt.X("count:Q", scale=scale, axis=None),
    )
    drawn = base.mark_bar(cornerRadiusEnd=3).encode(color=alt.Color("colour:N", scale=None))
    labels = base.mark_text(align="left", dx=6).encode(text="label:N")
    return cast("Chart", drawn + labels)


def _framed(chart: Chart, title: str, language: str) -> Drawing:
    framed = (
        # The reader's font may be wider than the one that the labels were measured with.
        chart.properties(
            title=title, width=460, height=170, background="transparent", padding=_PADDING
        )
        .configure(locale=_locale(language))
        .configure_title(anchor="start", fontSize=14, color="#777")
        .configure_axis(labelColor="#777", titleColor="#777", gridOpacity=0.25, domain=False)
        .configure_view(stroke=None)
        .configure_text(color="#777")
    )
    return Drawing(cast("Chart", framed))


def _locale(language: str) -> alt.Locale:
    """Give the marks of a language's numbers to Vega, which writes those at the axes."""
    import altair as alt

    marks = section("format", language)
    number = alt.NumberLocale(
        decimal=marks["."],
        thousands=marks[","],
        percent=marks["%"],
        grouping=[3],
        currency=["", ""],
    )
    return alt.Locale(number=number)
