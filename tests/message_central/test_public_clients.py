"""Other people's clients, replayed: the vendor serves whatever body they send, or says 401."""

from __future__ import annotations

import base64
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from msgframe import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

SINGLE = {
    "countryCode": "91",
    "flowType": "SMS",
    "mobileNumber": "9999999999",
    "senderId": "UTOMOB",
    "type": "SMS",
    "messageType": "PROMOTIONAL",
    "message": "<Your Message Template>",
}
OTP = {"countryCode": "91", "flowType": "SMS", "mobileNumber": "9999999999"}
SEND = "/verification/v3/send"
JSON, TEXT = "application/json", "text/plain"
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"

BOUNDARY = "----WebKitFormBoundary7MA4YWxk"


@pytest.fixture(scope="module")
def served() -> Iterator[sandbox.Sandbox]:
    with sandbox.serve(otp_ttl=0) as vendor:  # no code stays live, so each replay gets a new one
        yield vendor


def ask(
    vendor: sandbox.Sandbox,
    method: str,
    target: str,
    *,
    body: str = "",
    kind: str | None = None,
    token: str | None = None,
) -> tuple[int, bytes]:
    """Send exactly this over the wire: no client library to mend it."""
    headers = {"authToken": vendor.token if token is None else token, "accept": "*/*"}
    if kind is not None:
        headers["Content-Type"] = kind
    connection = HTTPConnection(vendor.url.removeprefix("http://"), timeout=5)
    try:
        connection.request(method, target, body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def parts(fields: dict[str, str]) -> str:
    blocks = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return "".join(blocks) + f"--{BOUNDARY}--\r\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (None, ""),
        (JSON, ""),
        (JSON, "{}"),
        (JSON, "null"),
        (JSON, '{"note": "ignored"}'),
        (TEXT, ""),
        (TEXT, "mobileNumber=1"),
        (FORM, ""),
        (PARTS, ""),
        (f"{PARTS}; boundary={BOUNDARY}", ""),
        (f"{PARTS}; boundary={BOUNDARY}", f"--{BOUNDARY}--\r\n"),
        ("application/octet-stream", "\x00"),
    ],
)
def test_query_is_served_with_any_body(served: sandbox.Sandbox, kind: str | None, body: str):
    """All parameters in the query: the body, whatever it calls itself, does not matter."""
    before = served.messages.height

    status, answer = ask(served, "POST", f"{SEND}?{urlencode(SINGLE)}", body=body, kind=kind)

    assert (status, b'"responseCode":200' in answer) == (200, True)
    assert served.messages[before:]["text"].to_list() == ["<Your Message Template>"]


@pytest.mark.parametrize("blank", ["%20", "+"])
def test_both_ways_to_write_a_blank(served: sandbox.Sandbox, blank: str):
    """`%20` and `+` are a blank, and UTF-8 arrives whole."""
    others = urlencode({name: value for name, value in SINGLE.items() if name != "message"})
    message = quote("Hola José 👍", safe="").replace("%20", blank)

    ask(served, "POST", f"{SEND}?{others}&message={message}")

    assert served.messages["text"][-1] == "Hola José 👍"


@pytest.mark.parametrize(
    ("kind", "body"),
    [(FORM, urlencode(SINGLE)), (f"{PARTS}; boundary={BOUNDARY}", parts(SINGLE))],
)
def test_parameters_as_form_fields(served: sandbox.Sandbox, kind: str, body: str):
    """A form may carry what others put into the query."""
    status, answer = ask(served, "POST", SEND, body=body, kind=kind)

    assert (status, b'"responseCode":200' in answer) == (200, True)


def test_json_instead_of_a_query_is_401(served: sandbox.Sandbox):
    """The vendor does not read JSON: the call counts as not authorised, with an empty body."""
    body = '{"countryCode": "91", "flowType": "SMS", "mobileNumber": "9999999999", "type": "SMS"}'
    before = served.messages.height

    assert ask(served, "POST", SEND, body=body, kind=JSON) == (401, b"")
    assert served.messages.height == before


@pytest.mark.parametrize("flow", ["SMS", "WHATSAPP", "RCS", "SAUTH"])
@pytest.mark.parametrize("path", [SEND, SEND + "/", "/verification/v2/verification/send"])
def test_codes_over_every_channel_and_path(served: sandbox.Sandbox, path: str, flow: str):
    """Without `type` the vendor makes a code, on the paths of both generations."""
    query = urlencode({**OTP, "flowType": flow, "customerId": served.customer_id})

    status, answer = ask(served, "POST", f"{path}?{query}")

    assert (status, b"verificationId" in answer) == (200, True)
    assert served.messages["mode"][-1] == "otp"


@pytest.mark.parametrize(
    "path",
    [
        "/verification/v3/validateOtp",
        "/verification/v3/validateOtp/",
        "/verification/v2/verification/validateOtp",
    ],
)
def test_codes_are_checked_on_every_path(path: str):
    """A trailing slash and the older path lead to the same check; unknown parameters are let be."""
    with sandbox.serve() as vendor:
        ask(vendor, "POST", f"{SEND}?{urlencode(OTP)}")
        sent = vendor.messages["verification_id"][0]
        query = {
            "verificationId": sent,
            "code": vendor.otp_codes[sent],
            "customerId": vendor.customer_id,
            "langid": "en",
            **OTP,
        }

        status, answer = ask(vendor, "GET", f"{path}?{urlencode(query)}")

    assert (status, b'"VERIFICATION_COMPLETED"' in answer) == (200, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/verification/v3/validateOtp?verificationId=1&code=1", 401),
        ("GET", SEND, 401),
        ("PUT", SEND, 401),
        ("POST", "/auth/v1/authentication/token", 401),
        ("POST", "/verification/v3/sned", 401),
        ("GET", "/verification/", 401),
        ("POST", "/send", 503),
        ("GET", "/v3/send", 503),
        ("GET", "/favicon.ico", 503),
        ("POST", "/", 503),
    ],
)
def test_wrong_method_or_path(served: sandbox.Sandbox, method: str, path: str, status: int):
    """Behind a known root everything unknown is an empty 401; other roots are 503."""
    assert ask(served, method, path) == (status, b"")


def test_bearer_token_is_none(served: sandbox.Sandbox):
    """The token belongs into the header `authToken`, not into `Authorization`."""
    assert ask(served, "POST", f"{SEND}?{urlencode(SINGLE)}", token="")[0] == 401


@pytest.mark.parametrize("extra", ["", "&country=91&email=a@b.example", "&country=IN"])
@pytest.mark.parametrize("bare", [True, False])
def test_key_in_the_url_with_and_without_encoding(served: sandbox.Sandbox, bare: bool, extra: str):
    """Most public clients paste the key into the URL as it is: `+` then arrives as a blank."""
    key = base64.b64encode(served.password.encode()).decode()
    pasted = key if bare else quote(key, safe="")
    query = f"customerId={served.customer_id}&key={pasted}&scope=NEW{extra}"

    status, answer = ask(served, "GET", f"/auth/v1/authentication/token?{query}", kind=JSON)

    assert (status, b'"token":"eyJ' in answer) == (200, True)


def test_url_of_most_bytes(served: sandbox.Sandbox):
    """A URL as long as allowed is served, one byte more is 414."""
    target = f"{SEND}?{urlencode(SINGLE)}"
    room = served.max_url_bytes + 1 - len(target)  # the question mark does not count

    assert ask(served, "POST", target + "a" * room)[0] == 200
    assert ask(served, "POST", target + "a" * (room + 1))[0] == 414


def test_body_of_most_bytes(served: sandbox.Sandbox):
    """A body that is announced as too large is refused before it is read."""
    connection = HTTPConnection(served.url.removeprefix("http://"), timeout=5)
    connection.putrequest("POST", SEND)
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()

    assert connection.getresponse().status == 413
    connection.close()
