"""Quiet hours: when a country allows promotional texts, by the clocks of the recipient.

A calling code says the country and not the place: where a country has several time zones, a moment
is open only if it is open in all of them, unless the recipient's own zone is known. The table is
compiled from the pages that it names, mostly of other senders. It is not legal advice.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from msgframe.errors import SettingsError
from msgframe.frames import MOMENT, quoted, require_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: When somebody last read the sources below.
CHECKED = date(2026, 11, 22)

_EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
_NOT_SUNDAYS = [1, 2, 3, 4, 5, 6]
_WORKDAYS = [1, 2, 3, 4, 5]

_VERO = "help.getvero.com/vero-2/articles/sms-quiet-hours-compliance"


class Rule(NamedTuple):
    """When a country is open."""

    #: ISO 3166 code, or None for every country that has no rule of its own.
    region: str | None
    #: Days of the week, Monday is 1.
    days: list[int]
    #: From this hour on, by the recipient's clock.
    opens: time
    #: Up to this hour; midnight is the end of the day.
    closes: time
    #: What it rests on: a law, the operators' practice, or other senders' custom.
    basis: str
    #: Since when, as far as the source says.
    since: date | None
    #: The page that it was read on, and what else to know.
    source: str


#: Public holidays are in no row: France and Spain want none of them either.
RULES = [
    Rule(None, _EVERY_DAY, time(8), time(20), "custom", None, _VERO),
    Rule(
        "IN",
        _EVERY_DAY,
        time(10),
        time(21),
        "law",
        date(2025, 10, 13),
        "crm.smsgatewayhub.com: promotional and service explicit, else rejected with code 651",
    ),
    Rule(
        "US",
        _NOT_SUNDAYS,
        time(10),
        time(20),
        "law",
        None,
        "47 CFR 64.1200(c)(1) has 8 to 21; states have less, down to this, by "
        "support.referrizer.com and dropcowboy.com/state-compliance; RI, PA and SD have still less",
    ),
    Rule(
        "FR",
        _NOT_SUNDAYS,
        time(8),
        time(20),
        "operators",
        None,
        "sendtargetsms.com/fr/horaires-legaux-sms; some operators allow until 22",
    ),
    Rule(
        "ES",
        _WORKDAYS,
        time(9),
        time(21),
        "law",
        None,
        "LGDCU art. 96.2, which speaks of calls; texts need consent (LSSI)",
    ),
    Rule("BE", _EVERY_DAY, time(9), time(20), "custom", None, "support.ometria.com 19820202385437"),
    Rule("BR", _EVERY_DAY, time(8), time(21), "custom", None, _VERO),
    Rule("KZ", _EVERY_DAY, time(9), time(22), "custom", None, _VERO),
    Rule(
        "NG",
        _EVERY_DAY,
        time(8),
        time(20),
        "law",
        date(2023, 7, 4),
        "status.africastalking.com/incident/538, support.simpu.co: a rule of the NCC",
    ),
]

#: The zones of regions that have numbers but no line in the zone table.
_FURTHER_ZONES = {
    "AC": ["Atlantic/St_Helena"],
    "TA": ["Atlantic/St_Helena"],
    "XK": ["Europe/Belgrade"],
}

#: Nothing is begun so close to the end, since it arrives later than it leaves.
LAST_CALL = timedelta(minutes=10)

#: How far ahead an open moment is looked for: every rule repeats after a week.
_AHEAD = timedelta(days=15)

_COLUMNS = ("region", "days", "opens", "closes")


def table() -> pl.DataFrame:
    """Give the shipped rules as a frame, to be read, changed, and handed to `plan(hours=…)`.

    Returns
    -------
    `region` str (null: every region without a rule of its own), `days` list[i64] (Monday is 1),
    `opens` and `closes` time by the recipient's clock, `basis` str, `since` date, `source` str,
    and `checked` date, when the source was last read.

    >>> table().filter(pl.col("region") == "IN").select("opens", "closes", "basis").row(0)
    (datetime.time(10, 0), datetime.time(21, 0), 'law')
    """
    rules = pl.DataFrame(RULES, schema=list(Rule._fields), orient="row")
    return rules.with_columns(checked=pl.lit(CHECKED))


def next_open(moments: pl.DataFrame, rules: pl.DataFrame, /) -> pl.Series:
    """Give the first open moment from each moment on, by region and zone.

    Parameters
    ----------
    moments
        `region` str (ISO 3166), `zone` str (IANA; null where only the country is known), and
        `moment` (UTC). There may be many rows; the work is done once for equal ones.
    rules
        What `table` gives, or a frame of one's own with its first four columns.

    Returns
    -------
    Datetime in UTC, in the order of the rows; null where no moment is open in all zones of the
    region, or where nobody knows its zones.

    Raises
    ------
    ColumnsError
        If a column is missing.
    SettingsError
        If a zone or a rule is malformed.

    >>> night = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
    >>> india = pl.DataFrame({"region": ["IN"], "zone": [None], "moment": [night]})
    >>> next_open(india.cast({"zone": pl.String, "moment": MOMENT}), table()).to_list()
    [datetime.datetime(2026, 11, 23, 4, 30, tzinfo=zoneinfo.ZoneInfo(key='UTC'))]
    """
    require_columns(moments, ["region", "zone", "moment"], verb="next_open")
    keys = ["region", "zone", "moment"]
    distinct = moments.select(keys).unique(maintain_order=True)
    opens = distinct.with_columns(_next_open(distinct, _windows(rules)))
    return moments.select(keys).join(
        opens, on=keys, how="left", nulls_equal=True, maintain_order="left"
    )["opens"]


class _Window(NamedTuple):
    """Hours of some days of the week, by the recipient's clock."""

    days: frozenset[int]
    opens: time
    closes: time


#: Moments in UTC from which and up to which it is open, in order, none touching the next.
_Spans: TypeAlias = list[tuple[datetime, datetime]]


def _windows(rules: pl.DataFrame) -> dict[str | None, list[_Window]]:
    """Read the rules, a few dozen rows, by region."""
    require_columns(rules, _COLUMNS, verb="next_open")
    windows: dict[str | None, list[_Window]] = defaultdict(list)
    for region, days, opens, closes in rules.select(_COLUMNS).iter_rows():
        if not days or not set(days) <= set(_EVERY_DAY):
            raise SettingsError(f"The hours of {region} name the days {days}: Monday is 1 … 7.")
        if opens >= closes != _MIDNIGHT:
            raise SettingsError(
                f"The hours of {region} open at {opens} and close at {closes}. Hours past "
                "midnight are two rows: up to 00:00, and from 00:00 on the next day."
            )
        windows[region].append(_Window(frozenset(days), opens, closes))
    return windows


_MIDNIGHT = time(0)


def _next_open(distinct: pl.DataFrame, windows: dict[str | None, list[_Window]]) -> pl.Series:
    """Look each distinct row up: there are as many as regions and moments, not as recipients."""
    rows = distinct.rows()
    first = min((moment for _, _, moment in rows), default=None)
    last = max((moment for _, _, moment in rows), default=None)
    if first is None or last is None:
        return pl.Series("opens", [], MOMENT)
    spans = {
        (region, zone): _open_spans(
            [zone] if zone else zones(region),
            windows.get(region, windows.get(None, [])),
            first,
            last + _AHEAD,
        )
        for region, zone, _ in rows
    }
    opens = [_first_open(spans[region, zone], moment) for region, zone, moment in rows]
    return pl.Series("opens", opens, MOMENT)


def _first_open(spans: _Spans, moment: datetime) -> datetime | None:
    return next((max(opens, moment) for opens, closes in spans if moment < closes), None)


def zones(region: str | None) -> list[str]:
    """Give the time zones of a region, by the table of the tz database; none if unknown.

    >>> zones("ES")
    ['Europe/Madrid', 'Africa/Ceuta', 'Atlantic/Canary']
    """
    return _zone_table().get(region or "", _FURTHER_ZONES.get(region or "", []))


@cache
def _zone_table() -> dict[str, list[str]]:
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    table: dict[str, list[str]] = defaultdict(list)
    for region, _, zone, *_ in (line.split("\t") for line in lines if not line.startswith("#")):
        table[region].append(zone)
    return dict(table)


def _open_spans(
    zones: list[str], windows: list[_Window], first: datetime, last: datetime
) -> _Spans:
    """Give the spans that are open in all zones, shortened by the last call."""
    if not zones:
        return []
    spans: _Spans = [(first, last)]
    for zone in zones:
        local = _merged(_in_zone(_zone(zone), windows, first, last))
        pairs = [
            (max(opens, local_opens), min(closes, local_closes))
            for opens, closes in spans
            for local_opens, local_closes in local
        ]
        spans = [(opens, closes) for opens, closes in pairs if opens < closes]
    return [(opens, closes - LAST_CALL) for opens, closes in spans if closes - opens > LAST_CALL]


def _in_zone(
    zone: ZoneInfo, windows: list[_Window], first: datetime, last: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Give the open spans of each day by a zone's own clock, which may be an hour shorter."""
    # A zone is at most 14 hours ahead of UTC: a day more on both sides holds every local day.
    for ahead in range(-1, (last - first).days + 2):
        day = first.date() + timedelta(days=ahead)
        for window in windows:
            if day.isoweekday() in window.days:
                end = day + timedelta(days=1) if window.closes == _MIDNIGHT else day
                yield (
                    datetime.combine(day, window.opens, zone).astimezone(UTC),
                    datetime.combine(end, window.closes, zone).astimezone(UTC),
                )


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> _Spans:
    """Join spans that touch or overlap, so that midnight closes nothing that goes on."""
    merged: _Spans = []
    for opens, closes in sorted(spans):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"There is no time zone {name!r}. Zones are named as in the tz database, such as "
            f"{quoted(['Asia/Kolkata', 'Europe/Madrid'])}."
        ) from None
