"""Requests fit into a URL: what a plan counts is no less than what a client encodes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlencode

import httpx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgframe import RequestLimits, plan
from msgframe.campaigns.sending.sender import RequestBuilder
from msgframe.message_central import Client
from msgframe.message_central.vendor import encoded_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

TERMS = {
    "campaign": "saldo",
    "sender_id": "UTOMOB",
    "message_type": "TRANSACTION",
    "template_id": "1107160000000000001",
    "entity_id": "1101160000000000002",
}


def shared_text(text: str, numbers: list[tuple[str, str]]) -> pl.DataFrame:
    """Write out messages that share a text."""
    return pl.DataFrame(
        {
            "country_code": [country for country, _ in numbers],
            "mobile": [mobile for _, mobile in numbers],
            "msisdn": [int(country + mobile) for country, mobile in numbers],
            "text": text,
            "segments": pl.Series([1] * len(numbers), dtype=pl.UInt8),
            "template": text,
            "variables": pl.Series([[] for _ in numbers], dtype=pl.List(pl.String)),
        }
    )


def urls(planned: pl.DataFrame, *, encode: Callable[[dict[str, str]], str]) -> list[int]:
    """Encode each list request, and give the bytes of its URL."""
    entries = pl.concat_str("country_code", "mobile", separator=" ")
    requests = planned.group_by("request").agg(entries, pl.col("text").first())
    return [
        len("https://cpaas.messagecentral.com/verification/v3/send?")
        + len(
            encode(
                {
                    "type": "SMS",
                    "flowType": "SMS",
                    "senderId": "UTOMOB",
                    "messageType": "TRANSACTION",
                    "templateId": TERMS["template_id"],
                    "entityId": TERMS["entity_id"],
                    "message": row["text"],
                    "phoneNumbers": ", ".join(row["country_code"]),
                }
            )
        )
        for row in requests.to_dicts()
    ]


def with_httpx(params: dict[str, str]) -> str:
    return str(httpx.QueryParams(params))


def with_most_bytes(params: dict[str, str]) -> str:
    """Encode whatever may be encoded, and a blank as %20."""
    return urlencode(params, quote_via=lambda text, *_: quote(text, safe=""))


NUMBERS = [("91", f"98161{n:05}") for n in range(700)] + [("850", f"19{n:010}") for n in range(300)]


@pytest.mark.parametrize("text", ["Hola", "¿Qué tal, señor?\n" * 20, "नमस्ते " * 60, "👍" * 100])
def test_no_url_is_longer_than_allowed_nor_half_empty(text):
    planned = plan(shared_text(text, NUMBERS), **TERMS, limits=RequestLimits(list_numbers=10_000))

    lengths = urls(planned, encode=with_most_bytes)
    assert planned["request"].null_count() == 0
    assert max(lengths) <= 8_000
    assert max(urls(planned, encode=with_httpx)) <= 8_000
    # All but the last are full, up to what the plan leaves for a longer host and a longer number.
    assert sorted(lengths)[1] > 8_000 - 150


@pytest.mark.parametrize("count", [1, 7, 250])
def test_no_list_has_more_numbers_than_allowed(count):
    planned = plan(shared_text("Hola", NUMBERS), **TERMS, limits=RequestLimits(list_numbers=count))

    assert planned.group_by("request").len()["len"].max() == count
    assert planned["request"].max() == -(-1_000 // count) - 1


@given(st.text())
def test_encoded_bytes_is_what_quote_makes(text):
    counted = pl.select(encoded_bytes(pl.lit(text))).item()

    assert counted == len(quote(text, safe=""))
    assert counted >= len(quote_plus(text, safe=""))


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=300), st.integers(600, 2_000), st.integers(1, 60))
def test_lists_of_any_text_fit(text, url_bytes, numbers):
    limits = RequestLimits(url_bytes=url_bytes, list_numbers=numbers)

    planned = plan(shared_text(text, NUMBERS[650:750]), **TERMS, limits=limits)

    sent = planned.filter(pl.col("held").is_null())
    assert all(length <= url_bytes for length in urls(sent, encode=with_most_bytes))
    assert sent.height in (0, planned.height)


@pytest.mark.parametrize("mode", ["auto", "single", "file"])
@pytest.mark.parametrize("size", [1, 400, 2_000])
def test_the_requests_that_are_sent_fit(mode, size):
    """Counted where they are made: with the client's own encoding of the whole plan."""
    host = "https://cpaas.messagecentral.com"
    people = shared_text("ñ €" * size, NUMBERS[:60] + NUMBERS[-60:])

    planned = plan(people, **TERMS, mode=mode)

    client = Client(host, token="a ready one")
    requests = RequestBuilder(planned.filter(pl.col("held").is_null()), client)
    lengths = [len(host + requests.request(number).target) for number in range(requests.count)]
    assert all(length <= 8_000 for length in lengths)
    assert (planned["held"].null_count() == 0) == (size == 2_000)
