"""plan: a vendor of another shape is planned for by its value alone."""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl
import pytest

import msgframe as mf
from msgframe import frames
from msgframe.core.vendor import RequestSizes
from msgframe.errors import ColumnsError, SettingsError


@dataclass(frozen=True)
class JsonLimits:
    """What a request of this vendor may hold; `body_bytes` is its own."""

    body_bytes: int = 500
    list_numbers: int = 40
    file_rows: int = 1
    handful: int = 0
    segments: int = 4


class JsonVendor:
    """A vendor whose requests are JSON, without files: {"from": …, "text": …, "to": […]}."""

    modes = ("single", "list")
    limits = JsonLimits()
    sizes = RequestSizes(
        text=lambda text: text.str.len_bytes() + text.str.count_matches(r'["\\]'),
        most_per_byte=2,
        number=pl.col("msisdn").cast(pl.String).str.len_bytes() + 2,
        longest_number=17,
        separator=1,
        container="JSON",
    )

    def check_settings(self, *, sender_id: str) -> dict[str, str | None]:
        return {"sender_id": sender_id}

    def capacity(self, settings, limits) -> int:
        return limits.body_bytes - len(body(settings["sender_id"], "", []))

    def unsafe_in_file(self, rows, limits, *, capacity):
        raise AssertionError("files are not offered")


VENDOR = JsonVendor()


def body(sender: str, text: str, numbers: list[int]) -> bytes:
    """Write a request as this vendor takes it."""
    request = {"from": sender, "text": text, "to": [str(number) for number in numbers]}
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def planned(texts: list[str], **settings) -> pl.DataFrame:
    """Plan a message for each text."""
    count = len(texts)
    messages = pl.DataFrame(
        {
            "country_code": ["34"] * count,
            "mobile": [f"6123{n:05}" for n in range(count)],
            "msisdn": [34612300000 + n for n in range(count)],
            "text": texts,
            "segments": [1] * count,
            "template": ["##Var1##"] * count,
            "variables": [[text] for text in texts],
        }
    )
    return mf.plan(messages, campaign="saldo", vendor=VENDOR, **{"sender_id": "ANA", **settings})


def test_the_columns_of_a_plan_are_those_of_the_dictionary():
    plan = planned(["Hola", "Hola"])

    assert list(frames.columns("plan").items()) == [
        item for item in plan.schema.items() if item[0] in frames.columns("plan")
    ]
    assert plan["sender_id"].to_list() == ["ANA", "ANA"]
    assert plan["flow_type"].null_count() == 2


def test_what_is_not_offered_is_not_planned():
    """A shared text goes by list, and own texts single, however many: nothing goes by file."""
    plan = planned(["Hola"] * 50 + [f"Hola {n}" for n in range(50)])

    assert plan["mode"].to_list() == ["list"] * 50 + ["single"] * 50
    assert mf.plan_summary(plan, vendor=VENDOR)["requests"].to_list() == [50, 2]
    with pytest.raises(SettingsError, match="there are 'auto', 'single', 'list'"):
        planned(["Hola"], mode="file")


@pytest.mark.parametrize("text", ["Hola", 'El "cielo" \\ mar', "ñ" * 150])
def test_requests_are_full_and_no_longer_than_allowed(text):
    plan = planned([text] * 100)

    bodies = [
        len(body("ANA", part["text"][0], part["msisdn"].to_list()))
        for part in plan.partition_by("request")
    ]
    assert max(bodies) <= VENDOR.limits.body_bytes
    assert sorted(bodies)[1] > VENDOR.limits.body_bytes - 40


def test_its_own_limits_hold_a_message():
    plan = planned(["ñ" * 300, "Hola"], limits=JsonLimits(body_bytes=400))

    assert plan["held"].to_list() == ["too_long: encoded, it is over 368 bytes of JSON", None]


def test_a_setting_that_it_lacks_is_no_setting():
    with pytest.raises(TypeError, match="template_id"):
        planned(["Hola"], template_id="1")


def test_a_setting_without_a_column_is_not_lost_in_silence():
    class Chatty(JsonVendor):
        def check_settings(self, *, sender_id: str) -> dict[str, str | None]:
            return {"sender_id": sender_id, "priority": "high"}

    with pytest.raises(ColumnsError, match="no column for 'priority'"):
        mf.plan(
            planned(["Hola"]).drop(frames.columns("plan").names()),
            campaign="saldo",
            vendor=Chatty(),
            sender_id="ANA",
        )
