"""The report's charts, drawn by Altair and turned into SVG without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

import polars as pl

if TYPE_CHECKING:
    import altair as alt

#: One hue for what went well, warm ones for what did not, grey for what is still open.
COLOURS = {
    "delivered": "#2f8f6b",
    "undelivered": "#c8553d",
    "rejected": "#a23b3b",
    "expired": "#e09f3e",
    "deleted": "#8d6b94",
    "unknown": "#7d8597",
    "enroute": "#4f86c6",
    "accepted": "#8fb8de",
    "queued": "#b8c4d6",
    "pending": "#c9c9c9",
}

_GOOD = COLOURS["delivered"]

Chart: TypeAlias = "alt.Chart | alt.LayerChart"


def funnel(table: pl.DataFrame) -> Chart:
    """Bars from the sheet to the handset, each with its count and its share of the first."""
    bars = table.select(name="step", count="rows", share="share", colour=pl.lit(_GOOD))
    return _framed(_bars(bars), "From the sheet to the handset")


def statuses(table: pl.DataFrame) -> Chart:
    """Bars of what became of the messages that left."""
    name = pl.col("status").cast(pl.String)
    colour = name.replace_strict(COLOURS, default=_GOOD)
    bars = table.select(name=name, count="messages", share="share", colour=colour)
    return _framed(_bars(bars), "What became of the messages")


def curve(deliveries: pl.DataFrame, *, points: int = 200) -> Chart:
    """Share of the sent messages that were delivered within so many seconds."""
    import altair as alt

    return _framed(
        alt.Chart(_curve(deliveries, points))
        .mark_line(interpolate="step-after", color=_GOOD, strokeWidth=2)
        .encode(
            x=alt.X("seconds:Q", title="seconds from submitted to done"),
            y=alt.Y("share:Q", title="delivered", axis=alt.Axis(format="%")),
        ),
        "How fast they arrived",
    )


def svg(chart: Chart) -> str:
    """Draw a chart as an SVG text."""
    from io import StringIO

    page = StringIO()
    chart.save(page, format="svg")  # type: ignore[no-untyped-call, unused-ignore]
    return page.getvalue()


def _curve(deliveries: pl.DataFrame, points: int) -> pl.DataFrame:
    """Thin the curve to `points` quantiles, so that a million deliveries draw as one line."""
    sent = deliveries.filter(pl.col("status").is_not_null()).height
    seconds = (
        deliveries.filter(pl.col("status") == "delivered")
        .select(seconds=pl.col("latency").dt.total_seconds(fractional=True))
        .drop_nulls()
        .sort("seconds")
    )
    share = pl.int_range(1, pl.len() + 1) / sent
    step = max(1, seconds.height // points)
    return (
        seconds.with_columns(share=share)
        .filter((pl.int_range(pl.len()) % step == 0) | (pl.int_range(pl.len()) == pl.len() - 1))
        .pipe(lambda line: pl.concat([pl.DataFrame({"seconds": [0.0], "share": [0.0]}), line]))
    )


def _bars(bars: pl.DataFrame) -> Chart:
    """Draw horizontal bars (`name`, `count`, `share`, `colour`), labelled at their ends."""
    import altair as alt

    # A label needs room to the right of the longest bar.
    longest = cast("int", bars["count"].max() or 1)
    room = alt.Scale(domain=[0, longest * 1.3], nice=False)
    label = pl.format("{}   {} %", "count", (pl.col("share") * 100).round(1))
    base = alt.Chart(bars.with_columns(label=label)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(ticks=False, labelPadding=8)),
        x=alt.X("count:Q", scale=room, axis=None),
    )
    drawn = base.mark_bar(cornerRadiusEnd=3).encode(color=alt.Color("colour:N", scale=None))
    labels = base.mark_text(align="left", dx=6).encode(text="label:N")
    return cast("Chart", drawn + labels)


def _framed(chart: Chart, title: str) -> Chart:
    framed = (
        chart.properties(title=title, width=460, height=170, background="transparent")
        .configure_title(anchor="start", fontSize=14, color="#777")
        .configure_axis(labelColor="#777", titleColor="#777", gridOpacity=0.25, domain=False)
        .configure_view(stroke=None)
        .configure_text(color="#777")
    )
    return cast("Chart", framed)
