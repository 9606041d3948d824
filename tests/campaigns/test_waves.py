"""When messages go: earlier campaigns, schedule, quiet hours, canary, guards, rehearsal."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgframe import fingerprint, frames, plan, plan_summary, plan_test_send
from msgframe.campaigns import quiet_hours
from msgframe.errors import ColumnsError, DataError, SettingsError

TERMS = {"campaign": "saldo", "sender_id": "UTOMOB", "message_type": "TRANSACTION"}

#: A Sunday: 17:30 in India, 13:00 in Madrid.
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def people(count: int, *, country: str = "91", first: int = 0, repeat: int = 1) -> pl.DataFrame:
    """Write out messages with a text each; `repeat` texts go to one number."""
    lasts = [first + n // repeat for n in range(count)]
    mobiles = [f"{'98161' if country == '91' else '6123'}{last:05}" for last in lasts]
    names = [f"Ana {first + n}" for n in range(count)]
    return pl.DataFrame(
        {
            "country_code": [country] * count,
            "mobile": mobiles,
            "msisdn": [int(country + mobile) for mobile in mobiles],
            "text": [f"Hola {name}" for name in names],
            "segments": [1] * count,
            "template": ["Hola ##Var1##"] * count,
            "variables": [[name] for name in names],
        },
        schema_overrides={"segments": pl.UInt8},
    )


def journal(messages: pl.DataFrame, *, campaign: str, sent_at: datetime = START) -> pl.DataFrame:
    """Write out what `Journal.earlier` gives of messages that went out."""
    keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in messages["text"]]
    return messages.select(
        "msisdn", text_key=pl.Series(keys), campaign=pl.lit(campaign), sent_at=pl.lit(sent_at)
    )


def test_what_an_earlier_campaign_sent_is_held_until_it_may_go_again():
    earlier = journal(people(3), campaign="saldo-octubre")

    planned = plan(people(5), **TERMS, sent_before=earlier, repeat_after=timedelta(days=2))

    assert planned["held"].is_null().to_list() == [False] * 3 + [True] * 2
    assert planned["held"][0] == (
        "earlier: campaign 'saldo-octubre' sent it; it may go again from 2026-11-24 12:00 UTC"
    )
    assert planned["not_before"].to_list() == [START + timedelta(days=2)] * 3 + [None] * 2


@pytest.mark.parametrize(
    "earlier",
    [
        journal(people(3), campaign="saldo"),  # the same campaign goes on through the journal
        journal(people(3, first=10), campaign="other"),  # other numbers
        journal(people(3).with_columns(text=pl.lit("Adiós")), campaign="other"),  # other texts
        journal(people(3), campaign="other", sent_at=START - timedelta(days=7)),  # long ago
        journal(people(3), campaign="other").clear(),
    ],
)
def test_what_does_not_count_as_earlier_is_not_held(earlier):
    planned = plan(people(5), **TERMS, sent_before=earlier, start=START)

    assert planned["held"].null_count() == 5


def test_the_last_of_several_earlier_campaigns_decides():
    first = journal(people(1), campaign="first", sent_at=START - timedelta(days=2))
    last = journal(people(1), campaign="last", sent_at=START - timedelta(days=1))

    planned = plan(people(1), **TERMS, sent_before=pl.concat([last, first]))

    assert "campaign 'last'" in planned["held"].item()


def test_an_earlier_frame_without_its_columns_is_refused():
    with pytest.raises(ColumnsError, match="'text_key'"):
        plan(people(1), **TERMS, sent_before=pl.DataFrame({"msisdn": [1]}))


def test_without_a_schedule_all_go_now():
    assert plan(people(5), **TERMS)["not_before"].null_count() == 5


def test_a_start_is_kept_in_utc():
    madrid = START.astimezone(datetime.now().astimezone().tzinfo)

    assert plan(people(1), **TERMS, start=madrid)["not_before"].item() == START


def test_a_spread_parts_the_rows_into_equal_waves_in_their_order():
    planned = plan(people(8), **TERMS, start=START, spread=timedelta(hours=1))

    quarter = timedelta(minutes=15)
    assert planned["wave"].to_list() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert planned["not_before"].to_list() == [START + n // 2 * quarter for n in range(8)]


@settings(max_examples=50)
@given(st.integers(1, 40), st.integers(1, 3), st.integers(1, 90), st.integers(1, 30))
def test_waves_are_in_the_order_of_their_moments_and_of_a_numbers_turns(count, repeat, over, step):
    planned = plan(
        people(count, repeat=repeat),
        **TERMS,
        start=START,
        spread=timedelta(minutes=over),
        wave_interval=timedelta(minutes=step),
    )

    moments = planned.group_by("wave").agg(pl.col("not_before").n_unique())["not_before"]
    in_order = planned.sort("wave")["not_before"]
    turns = planned.group_by("msisdn", maintain_order=True).agg("wave")["wave"]
    assert moments.max() == 1
    assert in_order.is_sorted()
    assert all(list(waves) == sorted(set(waves)) for waves in turns)
    assert sorted(set(planned["wave"])) == list(range(planned["wave"].n_unique()))
    assert planned["not_before"].max() < START + timedelta(minutes=over)


def test_each_country_waits_for_its_hours():
    """On a Sunday at 13:00 in Madrid India is open, and Spain opens on Monday."""
    both = pl.concat([people(6), people(6, country="34")])

    planned = plan(both, **TERMS, start=START, hours=True)

    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert planned["not_before"].to_list() == [START] * 6 + [monday] * 6
    assert planned["wave"].to_list() == [0] * 6 + [1] * 6
    assert planned["request"].to_list() == [0] * 6 + [1] * 6


def test_a_recipients_own_zone_counts():
    """Nine in Madrid is before nine on the Canary Islands."""
    spain = people(2, country="34").with_columns(zone=pl.Series(["Europe/Madrid", None]))

    planned = plan(spain, **TERMS, start=START, hours=True, timezone_column="zone")

    assert [moment.hour for moment in planned["not_before"]] == [8, 9]


def test_where_no_hour_is_known_a_message_is_held():
    satellite = people(1).with_columns(
        country_code=pl.lit("881"), mobile=pl.lit("612345678"), msisdn=pl.lit(881612345678)
    )

    planned = plan(satellite, **TERMS, start=START, hours=True)

    assert planned["held"].item() == (
        "no_hour: no hour is known to be open in all time zones of 001"
    )


def test_rules_of_ones_own_are_kept():
    never = quiet_hours.table().filter(pl.col("region") == "FR")

    planned = plan(people(1), **TERMS, start=START, hours=never)

    assert planned["held"].item().startswith("no_hour:")


def test_a_canary_is_one_of_a_hundred_of_each_kind():
    both = pl.concat([people(300), people(200, country="34")])

    planned = plan(both, **TERMS, start=START, canary=0.01)

    first = planned.filter(pl.col("wave") == 0)
    assert first.group_by("country_code").len().sort("country_code").rows() == [
        ("34", 2),
        ("91", 3),
    ]
    assert planned["wave"].max() == 1


def test_a_canary_does_not_depend_on_the_order_of_the_rows():
    one = plan(people(300), **TERMS, start=START, canary=0.02).filter(pl.col("wave") == 0)
    other = plan(people(300).reverse(), **TERMS, start=START, canary=0.02).filter(
        pl.col("wave") == 0
    )

    assert sorted(one["message_key"]) == sorted(other["message_key"])
    assert one.height == 6


def test_the_rest_waits_behind_the_canary():
    planned = plan(
        people(300),
        **TERMS,
        start=START,
        canary=0.01,
        spread=timedelta(minutes=30),
        pause=timedelta(hours=2),
    )

    waves = planned.group_by("wave").agg(pl.len(), pl.col("not_before").unique()).sort("wave")
    assert waves["len"].to_list() == [3, 149, 148]
    assert waves["not_before"].explode().to_list() == [
        START,
        START + timedelta(hours=2),
        START + timedelta(hours=2, minutes=15),
    ]


def test_the_rest_waits_for_a_canary_that_waits_for_its_hours():
    """India is open on Sunday, but the canary has a Spaniard in it, who sleeps until Monday."""
    both = pl.concat([people(100), people(100, country="34")])

    planned = plan(both, **TERMS, start=START, canary=0.01, hours=True)

    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert planned["not_before"].value_counts(sort=True).sort("not_before").rows() == [
        (START, 1),
        (monday, 1),
        (monday + timedelta(hours=1), 198),
    ]


def test_a_canary_never_takes_the_second_text_of_a_number_first():
    planned = plan(people(300, repeat=3), **TERMS, start=START, canary=0.5)

    waves = planned.group_by("msisdn", maintain_order=True).agg("wave")["wave"]
    assert all(list(numbers) == sorted(set(numbers)) for numbers in waves)


def test_more_than_max_messages_is_refused():
    with pytest.raises(DataError, match="would send 6 messages, and max_messages allows 5"):
        plan(people(6), **TERMS, max_messages=5)


def test_held_messages_do_not_count_towards_max_messages():
    twice = pl.concat([people(5), people(5)])

    assert plan(twice, **TERMS, max_messages=5)["held"].null_count() == 5


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"start": datetime(2026, 11, 22)}, "time zone"),  # noqa: DTZ001  (that is the mistake)
        ({"spread": timedelta(hours=1)}, "needs start="),
        ({"hours": True}, "needs start="),
        ({"canary": 0.01}, "needs start="),
        ({"start": START, "canary": 1.0}, "0.01"),
        ({"start": START, "canary": -0.1}, "0.01"),
        ({"start": START, "pause": timedelta(-1)}, "pause"),
        ({"start": START, "wave_interval": timedelta(0)}, "wave_interval"),
        ({"start": START, "spread": timedelta(-1)}, "spread"),
    ],
)
def test_a_wrong_schedule_is_answered(setting, said):
    with pytest.raises(SettingsError, match=said):
        plan(people(1), **{**TERMS, **setting})


def test_a_missing_zone_column_is_named():
    with pytest.raises(ColumnsError, match="'zone'"):
        plan(people(1), **TERMS, start=START, hours=True, timezone_column="zone")


def test_same_rows_and_same_settings_give_the_same_plan():
    settings = {
        "start": START,
        "spread": timedelta(hours=3),
        "hours": True,
        "canary": 0.05,
        "sent_before": journal(people(20), campaign="other"),
    }

    one, other = (plan(people(500, repeat=2), **TERMS, **settings) for _ in range(2))

    assert one.equals(other)
    assert fingerprint(one) == fingerprint(other)
    frames.model("plan").validate(one)


def test_a_rehearsal_sends_each_template_and_mode_to_oneself():
    both = pl.concat([people(8), people(1, first=90).with_columns(text=pl.lit("Hola Eva Luna"))])
    planned = plan(both, **TERMS)

    test = plan_test_send(planned, country_code="34", mobile="612345678")

    assert test.select("msisdn", "text", "mode", "request", "position", "wave").rows() == [
        (34612345678, "Hola Eva Luna", "single", 0, 0, 0),
        (34612345678, "Hola Ana 0", "file", 1, 0, 1),
    ]
    assert test["campaign"].unique().to_list() == ["saldo (rehearsal)"]
    frames.model("plan").validate(test)


def test_a_rehearsal_has_keys_of_its_own_that_stay():
    planned = plan(people(8), **TERMS)

    one, other = (plan_test_send(planned, country_code="34", mobile="612345678") for _ in range(2))

    assert one.equals(other)
    assert not set(one["message_key"]) & set(planned["message_key"])
    assert plan_summary(one)["messages"].sum() == 1


@pytest.mark.parametrize("mobile", ["+34612345678", "", "6 12", "٦١٢"])
def test_a_rehearsal_takes_digits(mobile):
    with pytest.raises(SettingsError, match="digits"):
        plan_test_send(
            plan(people(1), **TERMS), country_code="" if not mobile else "34", mobile=mobile
        )
