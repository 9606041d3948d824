"""What goes wrong on demand: how it looks to a client, and whether the messages were taken."""

from __future__ import annotations

import time

import httpx
import pytest

from msgframe import sandbox
from msgframe.errors import UsageError
from msgframe.message_central.sandbox import Fault
from msgframe.message_central.sandbox.faults import Faults

PARAMS = {
    "countryCode": "91",
    "mobileNumber": "9999999999",
    "flowType": "SMS",
    "type": "SMS",
    "senderId": "UTOMOB",
    "message": "Hola",
}
SEND = "/verification/v3/send"


def post(vendor: sandbox.Sandbox, **change: str) -> httpx.Response:
    headers = {"authToken": vendor.token}
    return httpx.post(vendor.url + SEND, params={**PARAMS, **change}, headers=headers, timeout=5)


@pytest.mark.parametrize(
    ("kind", "status", "taken"),
    [
        ("throttle", 429, 0),
        ("error", 500, 0),
        ("unauthorized", 401, 0),
        ("bad_gateway", 502, 1),
        ("html", 200, 1),
        ("no_data", 200, 1),
        ("null", 200, 1),
        ("slow", 200, 1),
    ],
)
def test_answers_that_go_wrong(kind, status, taken):
    """Each fault has its status, strikes once, and takes the messages or not."""
    with sandbox.serve(faults=[Fault(kind, seconds=0.05)]) as vendor:
        struck = post(vendor).status_code
        kept = vendor.messages.height
        again = post(vendor).status_code

    assert (struck, kept, again) == (status, taken, 200)


@pytest.mark.parametrize(("kind", "code"), [("limit", 800), ("no_credit", 508)])
def test_refusals_on_demand(kind, code):
    """The vendor's own refusals come with their code and take nothing."""
    with sandbox.serve(faults=[Fault(kind)]) as vendor:
        answer = post(vendor).json()

    assert answer["responseCode"] == code
    assert vendor.messages.is_empty()


@pytest.mark.parametrize(
    ("kind", "error", "taken"),
    [
        ("reset_before", httpx.ReadError, 0),
        ("reset_after", httpx.ReadError, 1),
        ("truncated", httpx.RemoteProtocolError, 1),
    ],
)
def test_connections_that_break(kind, error, taken):
    """A broken connection is an error of the transport, whether messages went out or not."""
    with sandbox.serve(faults=[Fault(kind)]) as vendor:
        with pytest.raises(error):
            post(vendor)

        assert vendor.messages.height == taken
        assert vendor.requests["fault"].to_list() == [kind]


def test_throttle_says_how_long():
    """A 429 carries the seconds to wait."""
    with sandbox.serve(faults=[Fault("throttle", seconds=2)]) as vendor:
        assert post(vendor).headers["Retry-After"] == "2"


def test_html_is_no_json():
    """An HTML page with status 200 is not an answer."""
    with sandbox.serve(faults=[Fault("html")]) as vendor:
        answer = post(vendor)

    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html>" in answer.content


def test_refuse_shuts_the_door_for_a_while():
    """After an ordinary answer nobody can connect, and later one can."""
    with sandbox.serve(faults=[Fault("refuse", seconds=0.3)]) as vendor:
        assert post(vendor).status_code == 200
        with pytest.raises(httpx.ConnectError):
            post(vendor)
        time.sleep(0.5)
        assert post(vendor).status_code == 200


def test_down_refuses_while_the_block_runs():
    """`vendor.down()` is an outage with a beginning and an end."""
    with sandbox.serve() as vendor:
        with vendor.down(), pytest.raises(httpx.ConnectError):
            post(vendor)

        assert post(vendor).status_code == 200


def test_slow_ends_with_the_sandbox():
    """A sandbox that is asked to end does not wait for its slowest answer."""
    began = time.monotonic()
    with sandbox.serve(faults=[Fault("slow", seconds=60)]) as vendor:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                vendor.url + SEND,
                params=PARAMS,
                headers={"authToken": vendor.token},
                timeout=0.1,
            )
        assert vendor.messages.height == 1

    assert time.monotonic() - began < 5


def test_at_counts_from_zero():
    """`at` names requests by the order of their arrival."""
    with sandbox.serve(faults=[Fault("error", at=[1])]) as vendor:
        assert [post(vendor, message=str(n)).status_code for n in range(3)] == [200, 500, 200]


def test_share_does_not_mind_the_order():
    """The same requests are struck, in whatever order they come."""
    asked = [f"request {number}" for number in range(400)]

    def struck(order: list[str]) -> set[str]:
        faults = Faults({"reset_after": 0.1}, seed=3)
        return {name for name in order if faults.match("send", name)}

    assert struck(asked) == struck(asked[::-1])
    assert 20 <= len(struck(asked)) <= 60


def test_share_lets_a_repeated_request_through():
    """A request that was struck once gets through when it is sent again."""
    faults = Faults([Fault("error", share=1.0)], seed=0)

    assert [bool(faults.match("send", "a")) for _ in range(3)] == [True, False, False]


def test_a_fault_of_the_token():
    """A fault strikes the door that it names and no other."""
    with sandbox.serve(faults=[Fault("unauthorized", operation="token")]) as vendor:
        sent = post(vendor).status_code
        asked = httpx.get(vendor.url + "/auth/v1/authentication/token").status_code

    assert (sent, asked) == (200, 401)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "explode"}, "There are: refuse"),
        ({"kind": "error", "share": 5}, "between 0 and 1"),
    ],
)
def test_a_fault_that_is_none(wrong, said):
    """A wrong fault is refused where it is written."""
    with pytest.raises(UsageError, match=said):
        Fault(**wrong)
