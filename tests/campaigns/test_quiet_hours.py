"""Quiet hours: the next open moment, by the recipients' own clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgframe.campaigns import quiet_hours
from msgframe.errors import ColumnsError, SettingsError
from msgframe.frames import MOMENT


def ask(region: str | None, moment: datetime, zone: str | None = None, rules=None):
    """Ask for one moment."""
    moments = pl.DataFrame(
        {"region": [region], "zone": [zone], "moment": [moment]},
        schema={"region": pl.String, "zone": pl.String, "moment": MOMENT},
    )
    return quiet_hours.next_open(moments, quiet_hours.table() if rules is None else rules).item()


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a moment of November 2026, in UTC; the 22nd is a Sunday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("region", "asked", "opens"),
    [
        ("IN", utc(22, 12), utc(22, 12)),  # 17:30 in India
        ("IN", utc(22, 4, 29), utc(22, 4, 30)),  # opens at 10:00
        ("IN", utc(22, 15, 25), utc(23, 4, 30)),  # five minutes before 21:00 is too late
        ("FR", utc(21, 20), utc(23, 7)),  # Saturday evening: no Sunday
        ("ES", utc(20, 21), utc(23, 9)),  # Friday night: 9 on the Canary Islands
        ("NG", utc(22, 3), utc(22, 7)),
        ("DE", utc(22, 3), utc(22, 7)),  # no rule of its own: 8 to 20
        ("US", utc(23, 12), utc(23, 20)),  # 10 in Honolulu, 15 in New York
        ("US", utc(24, 0, 55), utc(24, 20)),  # five minutes before 20 in New York
        ("XK", utc(22, 3), utc(22, 7)),  # not in the zone table, yet in Belgrade's zone
    ],
)
def test_the_next_open_moment(region, asked, opens):
    assert ask(region, asked) == opens


def test_the_recipients_own_zone_beats_the_country():
    """Ten in New York, when Honolulu still sleeps."""
    assert ask("US", utc(23, 12), zone="America/New_York") == utc(23, 15)


def test_a_clock_change_moves_the_opening():
    """In Madrid summer time ends on 25 October 2026: nine is seven in UTC, and then eight."""
    before = datetime(2026, 10, 23, 1, tzinfo=UTC)
    after = datetime(2026, 10, 26, 1, tzinfo=UTC)

    assert ask("ES", before, zone="Europe/Madrid").hour == 7
    assert ask("ES", after, zone="Europe/Madrid").hour == 8


@pytest.mark.parametrize("region", [None, "001", "ZZ"])
def test_where_nobody_knows_the_zone_nothing_is_open(region):
    assert ask(region, utc(22, 12)) is None


def test_zones_too_far_apart_are_never_open_together():
    """Nine to ten is over in Kamchatka before it begins in Kaliningrad."""
    rules = pl.DataFrame({"region": ["RU"], "days": [[1, 2]], "opens": time(9), "closes": time(10)})

    assert ask("RU", utc(22, 12), rules=rules) is None


def test_hours_past_midnight_are_two_rows_and_have_no_gap():
    every = [1, 2, 3, 4, 5, 6, 7]
    rules = pl.DataFrame(
        {
            "region": ["IN", "IN"],
            "days": [every, every],
            "opens": [time(20), time(0)],
            "closes": [time(0), time(6)],
        }
    )

    assert ask("IN", utc(22, 18, 25), rules=rules) == utc(22, 18, 25)
    assert ask("IN", utc(22, 10), rules=rules) == utc(22, 14, 30)


def test_rows_keep_their_order_and_their_number():
    moments = pl.DataFrame(
        {"region": ["IN", None, "DE", "IN"], "zone": None, "moment": utc(22, 3)},
        schema_overrides={"zone": pl.String, "moment": MOMENT},
    )

    opens = quiet_hours.next_open(moments, quiet_hours.table())

    assert opens.to_list() == [utc(22, 4, 30), None, utc(22, 7), utc(22, 4, 30)]
    assert opens.dtype == MOMENT


def test_no_rows_have_no_moment():
    moments = pl.DataFrame(schema={"region": pl.String, "zone": pl.String, "moment": MOMENT})

    assert quiet_hours.next_open(moments, quiet_hours.table()).len() == 0


@given(
    st.sampled_from(["IN", "US", "FR", "ES", "BR", "RU", "AU", "KI", "GB"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  (the zone is given beside)
)
def test_an_open_moment_is_open_on_every_clock_and_asking_again_changes_nothing(region, asked):
    rules = {rule.region: rule for rule in quiet_hours.RULES}
    rule = rules.get(region, rules[None])

    opens = ask(region, asked)

    assert opens >= asked
    assert ask(region, opens) == opens
    for zone in quiet_hours.zones(region):
        there = opens.astimezone(ZoneInfo(zone))
        assert rule.opens <= there.time() < rule.closes
        assert there.isoweekday() in rule.days


def test_every_rule_names_its_source_and_its_date():
    assert quiet_hours.table().select(pl.col("source", "basis", "checked").is_null().any()).row(
        0
    ) == (
        False,
        False,
        False,
    )


def test_every_rule_opens_within_a_week():
    """No shipped rule is so narrow that a country of several zones is never open."""
    for region in ["US", "RU", "CA", "BR", "AU", "MX", "ID", "KZ", "ES", "FR", "IN", "BE", "NG"]:
        assert ask(region, utc(20, 23)) - utc(20, 23) < timedelta(days=7)


def test_an_unknown_zone_is_answered():
    with pytest.raises(SettingsError, match="'Europe/Atlantis'"):
        ask("ES", utc(22, 3), zone="Europe/Atlantis")


@pytest.mark.parametrize(
    ("days", "opens", "closes", "said"),
    [
        ([0], time(8), time(20), "Monday is 1"),
        ([], time(8), time(20), "Monday is 1"),
        ([1], time(20), time(8), "two rows"),
    ],
)
def test_a_malformed_rule_is_answered(days, opens, closes, said):
    rules = pl.DataFrame(
        {"region": ["IN"], "days": [days], "opens": opens, "closes": closes},
        schema_overrides={"days": pl.List(pl.Int64)},
    )

    with pytest.raises(SettingsError, match=said):
        ask("IN", utc(22, 3), rules=rules)


def test_a_missing_column_is_named():
    with pytest.raises(ColumnsError, match="'closes'"):
        ask("IN", utc(22, 3), rules=quiet_hours.table().drop("closes"))
