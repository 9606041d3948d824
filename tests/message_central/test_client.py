"""The client speaks the vendor's API over real sockets, and tells apart what may be repeated."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import traceback
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from msgframe import sandbox
from msgframe.errors import (
    AuthFailed,
    InsufficientCredit,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SettingsError,
    Throttled,
    UsageError,
)
from msgframe.message_central.client import Client
from msgframe.message_central.requests import Request

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "p+ss/wörd?&="
SENDING = {"sender_id": "UTOMOB", "message_type": "TRANSACTION"}
ACCEPTED = {
    "responseCode": 200,
    "message": "SUCCESS",
    "data": {
        "verificationId": "1234",
        "responseCode": "200",
        "errorMessage": None,
        "timeout": "30.0",
        "transactionId": "1c9c56ec-5cd3-48b5-9e32-a15499fb77a2",
    },
}
RESET = b"reset"


def _jwt(number: int, lasts: int = 3600) -> str:
    claims = {"sub": "C-1", "iat": 1_000 + number, "exp": 1_000 + number + lasts}
    return f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln{number}"


def _http(body: object, status: int = 200, *headers: str) -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = (f"HTTP/1.1 {status} X", f"content-length: {len(text)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text


class Vendor:
    """A vendor that says what the test wrote down, request by request, and then accepts."""

    def __init__(self) -> None:
        self.says: list[bytes] = []
        self.token_says: list[bytes] = []
        self.connections = 0
        self.asked: list[tuple[str, str, dict[str, str], str | None, bytes]] = []
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    @property
    def sends(self) -> list[tuple[str, str, dict[str, str], str | None, bytes]]:
        return [asked for asked in self.asked if "token" not in asked[1]]

    @property
    def tokens(self) -> list[tuple[str, str, dict[str, str], str | None, bytes]]:
        return [asked for asked in self.asked if "token" in asked[1]]

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for connection in list(self._open):
            with suppress(OSError):  # it may have ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _listen(self) -> None:
        threads = []
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                break
            self.connections += 1
            self._open.add(connection)
            threads.append(threading.Thread(target=self._serve, args=(connection,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _serve(self, connection: socket.socket) -> None:
        # A client that hangs up in the middle of an answer is no accident here.
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                method, target, _ = line.decode().split()
                headers = dict(iter(lambda: _header(stream.readline()), None))
                body = stream.read(int(headers.get("content-length", 0)))
                parts = urlsplit(target)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.asked.append((method, parts.path, query, headers.get("authtoken"), body))
                answer = self._answer(parts.path)
                if answer == RESET:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    break
                connection.sendall(answer)
                if b"connection: close" in answer:
                    break
        self._open.discard(connection)

    def _answer(self, path: str) -> bytes:
        if "token" in path:
            fresh = _http({"status": 200, "token": _jwt(len(self.tokens))})
            return self.token_says.pop(0) if self.token_says else fresh
        return self.says.pop(0) if self.says else _http(ACCEPTED)


def _header(line: bytes) -> tuple[str, str] | None:
    name, _, value = line.decode().strip().partition(":")
    return (name.lower(), value.strip()) if name else None


@pytest.fixture
def vendor():
    vendor = Vendor()
    yield vendor
    vendor.close()


@pytest.fixture
def client(vendor: Vendor):
    with Client(vendor.url, customer_id="C-1", password=PASSWORD, timeout=0.5) as client:
        yield client


def _single(client: Client, text: str = "hola"):
    return client.single("91", "9816111111", text, **SENDING)


def test_the_token_request_holds_the_password_in_base64(client: Client, vendor: Vendor):
    """Id and Base64 password go out percent-encoded, so that +, / and = arrive."""
    _single(client)

    method, path, query, _, _ = vendor.tokens[0]
    assert (method, path) == ("GET", "/auth/v1/authentication/token")
    assert query == {"customerId": "C-1", "key": "cCtzcy93w7ZyZD8mPQ==", "scope": "NEW"}


def test_one_token_serves_many_requests(client: Client, vendor: Vendor):
    """The token is asked for once and sent with each request."""
    _single(client)
    _single(client)

    assert len(vendor.tokens) == 1
    assert [token for _, _, _, token, _ in vendor.sends] == [_jwt(1), _jwt(1)]


def test_many_threads_ask_for_one_token(client: Client, vendor: Vendor):
    """Eight threads that start together share one token request."""
    threads = [threading.Thread(target=_single, args=(client,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(vendor.tokens) == 1
    assert len(vendor.sends) == 8


def test_a_token_near_its_end_is_renewed(client: Client, vendor: Vendor):
    """A token with less than a minute to live is not used for another request."""
    vendor.token_says = [_http({"status": 200, "token": _jwt(7, lasts=30)})]
    _single(client)
    _single(client)

    assert [token for _, _, _, token, _ in vendor.sends] == [_jwt(7, lasts=30), _jwt(2)]


def test_a_refused_token_is_renewed_once(client: Client, vendor: Vendor):
    """After a 401 with an empty body the request goes out again under a new token."""
    vendor.says = [_http(b"", 401)]

    assert _single(client).code == 200
    assert [token for _, _, _, token, _ in vendor.sends] == [_jwt(1), _jwt(2)]


def test_a_second_401_is_the_end(client: Client, vendor: Vendor):
    """A token that is new and refused is not renewed for ever."""
    vendor.says = [_http(b"", 401), _http(b"", 401)]
    with pytest.raises(AuthFailed):
        _single(client)

    assert len(vendor.sends) == 2


def test_a_wrong_password_comes_with_status_200(client: Client, vendor: Vendor):
    """The vendor says no with HTTP 200: the error repeats its words."""
    vendor.token_says = [_http({"status": 400, "error": "password is wrong"})]
    with pytest.raises(AuthFailed, match="password is wrong"):
        _single(client)

    assert vendor.sends == []


def test_a_ready_token_needs_no_password(vendor: Vendor):
    """A token from the dashboard is used as it is; refused, it cannot be renewed."""
    vendor.says = [_http(ACCEPTED), _http(b"", 401)]
    with Client(vendor.url, token="ready") as client:
        _single(client)
        with pytest.raises(AuthFailed, match="dashboard"):
            _single(client)

    assert vendor.tokens == []


def test_single_is_spelled_as_the_vendor_wants(client: Client, vendor: Vendor):
    """One person: everything in the query, nothing in the body, UTF-8 and + kept."""
    answer = _single(client, "Señor, 1+1 = 2 & 👍")

    method, path, query, _, body = vendor.sends[0]
    assert (method, path, body) == ("POST", "/verification/v3/send", b"")
    assert query == {
        "type": "SMS",
        "flowType": "SMS",
        "senderId": "UTOMOB",
        "messageType": "TRANSACTION",
        "countryCode": "91",
        "mobileNumber": "9816111111",
        "message": "Señor, 1+1 = 2 & 👍",
    }
    assert answer.verification_id == "1234"
    assert answer.transaction_id == "1c9c56ec-5cd3-48b5-9e32-a15499fb77a2"


def test_list_is_spelled_as_the_vendor_wants(client: Client, vendor: Vendor):
    """Many people: one parameter, country, blank, mobile, separated by commas."""
    client.list([("91", "9816111111"), ("34", "612345678")], "hola", **SENDING)

    assert vendor.sends[0][2]["phoneNumbers"] == "91 9816111111, 34 612345678"


def test_file_travels_as_a_part(client: Client, vendor: Vendor):
    """The workbook is a multipart part named file, the rest stays in the query."""
    client.file(b"PK\x03\x04 a workbook", "Hola ##Var1##", **SENDING)

    _, _, query, _, body = vendor.sends[0]
    assert query["message"] == "Hola ##Var1##"
    assert b'name="file"; filename="recipients.xlsx"' in body
    assert b"\r\n\r\nPK\x03\x04 a workbook\r\n" in body


def test_registered_templates_need_both_ids(client: Client, vendor: Vendor):
    """templateId without entityId is refused before any call."""
    with pytest.raises(UsageError, match="together or neither"):
        client.single("91", "9816111111", "hola", **SENDING, template_id="1107")

    assert vendor.asked == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"message_type": None}, r"single\(message_type=None\): there are"),
        ({"flow_type": "MMS"}, r"single\(flow_type='MMS'\): there are"),
        ({"sender_id": " "}, "sender_id=' '.* is blank"),
    ],
)
def test_what_cannot_be_right_is_refused_before(wrong: dict[str, str | None], told: str):
    """A wrong word is refused while the request is made."""
    with pytest.raises(UsageError, match=told):
        Request.single("91", "9816111111", "hola", **{**SENDING, **wrong})


@pytest.mark.parametrize("code", [4711, " "])
def test_a_code_that_cannot_be_one_is_refused_and_not_shown(code: Any):
    """A one-time code is text, and stands in no error."""
    with pytest.raises(UsageError, match="code=…") as refusal:
        Request.validate(1234, code)

    assert "4711" not in str(refusal.value)


def test_a_number_in_an_error_is_masked():
    """A number with signs is refused, and not shown whole."""
    with pytest.raises(UsageError) as caught:
        Request.single("91", "+91 98161-11111", "hola", **SENDING)

    assert "98161-11111" not in str(caught.value)


def test_otp_goes_out_and_is_checked(client: Client, vendor: Vendor):
    """The vendor makes the code; its id leads to the check, which is a GET."""
    vendor.says = [
        _http(ACCEPTED),
        _http(
            {
                "responseCode": 200,
                "message": "SUCCESS",
                "data": {"verificationId": 1234, "verificationStatus": "VERIFICATION_COMPLETED"},
            }
        ),
    ]
    sent = client.send_otp("91", "9816111111", otp_length=6)
    checked = client.validate_otp(sent.verification_id, "471100")

    assert vendor.sends[0][2]["otpLength"] == "6"
    assert vendor.sends[1][:2] == ("GET", "/verification/v3/validateOtp")
    assert checked.verification_id == "1234"


def test_a_code_that_is_still_live_is_told(client: Client, vendor: Vendor):
    """506 names the code that is live: it can be checked."""
    live = {"responseCode": 506, "message": "REQUEST_ALREADY_EXISTS"}
    vendor.says = [_http({**live, "data": {"verificationId": "77"}})]

    assert client.send_otp("91", "9816111111").verification_id == "77"


@pytest.mark.parametrize("code", [700, 702, 703, 705])
def test_a_wrong_code_is_an_error(client: Client, vendor: Vendor, code: int):
    """A code that is wrong, used or old raises: nobody is let in by an answer not looked at."""
    vendor.says = [_http({"responseCode": code, "message": "NO", "data": None})]
    with pytest.raises(Rejected) as caught:
        client.validate_otp("1234", "0000")

    assert caught.value.code == code


def test_a_check_without_the_right_word_is_an_error(client: Client, vendor: Vendor):
    """200 alone does not let in: the status must say so."""
    vendor.says = [_http(ACCEPTED)]
    with pytest.raises(Rejected, match="not confirmed"):
        client.validate_otp("1234", "0000")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"responseCode": 400, "message": "BAD_REQUEST"}, 200, Rejected),
        ({"responseCode": "400", "message": "BAD_REQUEST"}, 400, Rejected),
        ({"responseCode": 409, "message": "DUPLICATE_RESOURCE"}, 200, Rejected),
        ({"responseCode": 511, "message": "INVALID_COUNTRY_CODE"}, 200, Rejected),
        ({"responseCode": 612, "message": "NEW_AND_UNLISTED"}, 200, Rejected),
        ({"responseCode": 501, "message": "INVALID_CUSTOMER_ID"}, 200, AuthFailed),
        ({"responseCode": 508, "message": "NO_CREDIT"}, 200, InsufficientCredit),
        ({"responseCode": 805, "message": "NO_CREDIT", "data": None}, 402, InsufficientCredit),
        ({"responseCode": 800, "message": "MAXIMUM_LIMIT_REACHED"}, 200, Throttled),
        ({"responseCode": 200, "data": {"responseCode": "506"}}, 200, Rejected),
        ({"responseCode": 500, "message": "SERVER_ERROR"}, 200, OutcomeUnknown),
        ({"responseCode": 503}, 200, OutcomeUnknown),
        (b"", 404, Rejected),
        (b"<h1>Not found</h1>", 404, Rejected),
        (b"", 302, Rejected),
        (b"", 303, OutcomeUnknown),
        (b"", 429, Throttled),
        (b"", 500, OutcomeUnknown),
        (b"<h1>Bad gateway</h1>", 502, OutcomeUnknown),
        (b"", 503, OutcomeUnknown),
        (b"", 408, OutcomeUnknown),
        (b"", 200, OutcomeUnknown),
        (b"null", 200, OutcomeUnknown),
        (b"{}", 200, OutcomeUnknown),
        (b"[]", 200, OutcomeUnknown),
        ({"status": 200, "message": "OK"}, 200, OutcomeUnknown),
        ({"status": 400, "error": "Bad Request"}, 200, Rejected),
        ({"status": 503, "error": "Service Unavailable"}, 503, OutcomeUnknown),
        ({"responseCode": 429}, 200, Throttled),
        ({"responseCode": 200, "data": {"responseCode": "800"}}, 200, Throttled),
        (b'"SUCCESS"', 200, OutcomeUnknown),
        (b"<html>Welcome to our hotel</html>", 200, OutcomeUnknown),
        (b'{"responseCode": 200, "mess', 200, OutcomeUnknown),
        (b'{"responseCode": true}', 200, OutcomeUnknown),
        (b'{"responseCode": null, "message": "SUCCESS"}', 200, OutcomeUnknown),
        (b"\xff\xfe\x00", 200, OutcomeUnknown),
        (b"[" * 200_000, 200, OutcomeUnknown),
        (b"x" * (1 << 21), 200, OutcomeUnknown),
        (b"", 204, OutcomeUnknown),
    ],
)
def test_each_refusal_has_its_class(
    client: Client, vendor: Vendor, body: object, status: int, kind: type[Exception]
):
    """The class of the error says whether asking again can help."""
    vendor.says = [_http(body, status)]
    with pytest.raises(kind) as caught:
        _single(client)

    assert type(caught.value) is kind
    assert len(vendor.sends) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"responseCode": "200", "message": "SUCCESS", "data": None},
        {"responseCode": 200.0, "message": "SUCCESS"},
        {"responseCode": "200.0"},
        {"data": {"responseCode": 200, "verificationId": 12345678}},
        {"responseCode": 200, "data": []},
        b"\xef\xbb\xbf" + json.dumps(ACCEPTED).encode(),
    ],
)
def test_every_spelling_of_yes_is_read(client: Client, vendor: Vendor, body: object):
    """Types wander: a code is 200 as a number, a text or a fraction, and data may be missing."""
    vendor.says = [_http(body)]

    assert _single(client).code == 200


def test_a_yes_counts_under_any_status(client: Client, vendor: Vendor):
    """The body's code is preferred to the HTTP status."""
    vendor.says = [_http(ACCEPTED, 400)]

    assert _single(client).status == 400


def test_ids_are_text(client: Client, vendor: Vendor):
    """A number or a text, an id is given as text; null stays none."""
    vendor.says = [
        _http({"responseCode": 200, "data": {"verificationId": 9, "transactionId": None}})
    ]
    answer = _single(client)

    assert (answer.verification_id, answer.transaction_id) == ("9", None)


def test_retry_after_is_heard(client: Client, vendor: Vendor):
    """A 429 says how long to wait, in seconds."""
    vendor.says = [_http(b"", 429, "retry-after: 7")]
    with pytest.raises(Throttled) as caught:
        _single(client)

    assert caught.value.retry_after == 7.0
    assert caught.value.retryable


def test_a_closed_door_is_not_sent():
    """Where nobody listens, nothing left: it may be tried again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", token="t") as client, pytest.raises(NotSent) as caught:
        _single(client)

    assert caught.value.retryable


@pytest.mark.parametrize(
    "answer",
    [
        RESET,
        b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\nconnection: close\r\n\r\n{"responseCode": 200',
        b"HTTP/1.1 200 OK\r\nconnection: close",
        b"not http at all\r\n\r\nconnection: close",
    ],
    ids=["reset", "truncated", "half a header", "not http"],
)
def test_a_broken_connection_is_not_known(client: Client, vendor: Vendor, answer: bytes):
    """Once the request has left, a connection that breaks says nothing."""
    vendor.says = [answer]
    with pytest.raises(OutcomeUnknown) as caught:
        _single(client)

    assert not caught.value.retryable
    assert len(vendor.sends) == 1


def test_silence_is_not_known(client: Client, vendor: Vendor):
    """No answer within the timeout: the texts may be out."""
    vendor.says = [b""]
    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        _single(client)


def test_a_dripping_answer_ends():
    """An answer that comes a byte at a time is not waited for without end."""

    class Drip(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                time.sleep(0.05)
                yield b" "

    def drip(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Drip())

    with (
        Client(token="t", timeout=0.1, transport=httpx.MockTransport(drip)) as client,
        pytest.raises(OutcomeUnknown, match="did not end"),
    ):
        _single(client)


def test_no_token_means_not_sent(client: Client, vendor: Vendor):
    """A token that does not come leaves every text at home, whatever broke."""
    vendor.token_says = [RESET]
    with pytest.raises(NotSent, match="Nothing was sent"):
        _single(client)

    assert vendor.sends == []


def test_redirects_are_not_followed(client: Client, vendor: Vendor):
    """The token goes nowhere but to the vendor."""
    vendor.says = [_http(b"", 307, f"location: {vendor.url}/elsewhere")]
    with pytest.raises(Rejected):
        _single(client)

    assert len(vendor.sends) == 1


@pytest.mark.parametrize(
    "url", ["http://cpaas.messagecentral.com", "ftp://127.0.0.1", "cpaas.messagecentral.com", ""]
)
def test_plain_http_is_for_this_machine(url: str):
    """A password does not travel in the clear."""
    with pytest.raises(SettingsError):
        Client(url, token="t")


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1"])
def test_loopback_needs_no_tls(url: str):
    """This machine itself may be spoken to without TLS."""
    Client(url, token="t").close()


def test_an_account_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path):
    """Without an account the error names the variables."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="MSGFRAME_CUSTOMER_ID"):
        Client()


def test_the_environment_is_read(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path):
    """`Client()` finds the account in .env and the environment, which counts for more."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MSGFRAME_CUSTOMER_ID=C-2\nMSGFRAME_PASSWORD=wonderland\n")
    monkeypatch.setenv("MSGFRAME_CUSTOMER_ID", "C-3")
    monkeypatch.setenv("MSGFRAME_URL", vendor.url)
    with Client() as client:
        _single(client)

    assert vendor.tokens[0][2]["customerId"] == "C-3"
    assert vendor.tokens[0][2]["key"] == "d29uZGVybGFuZA=="


def test_a_given_password_beats_a_token_around(vendor: Vendor, monkeypatch: pytest.MonkeyPatch):
    """A token in the environment is not mixed with the account that was named."""
    monkeypatch.setenv("MSGFRAME_TOKEN", "somebody else's")
    with Client(vendor.url, customer_id="C-1", password=PASSWORD) as client:
        _single(client)

    assert vendor.sends[0][3] == _jwt(1)


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch):
    """An error about settings names the setting and quotes nothing."""
    with pytest.raises(SettingsError, match=r"timeout \(.*greater than 0\)") as caught:
        Client(customer_id="C-1", password="wonderland", timeout=-1)

    assert "wonderland" not in str(caught.value)


def test_a_closed_client_says_so(client: Client):
    """After the block the client is closed."""
    client.close()
    with pytest.raises(UsageError, match="closed"):
        _single(client)


def test_secrets_are_in_no_repr(client: Client, vendor: Vendor):
    """Neither password nor token nor number is in what gets printed."""
    request = Request.single("91", "9816111111", "clave 4711", **SENDING)
    client.send(request)
    shown = f"{client!r} {vars(client)} {request!r}"

    for secret in (PASSWORD, "cCtzcy93w7ZyZD8mPQ==", _jwt(1), "9816111111", "clave"):
        assert secret not in shown


@pytest.mark.parametrize("breaks", [RESET, _http(b"", 401), _http(b"", 500)])
def test_secrets_are_in_no_traceback(client: Client, vendor: Vendor, breaks: bytes):
    """A traceback that shows all locals, as error trackers do, shows no secret."""
    vendor.token_says = [breaks]
    try:
        _single(client)
    except (AuthFailed, NotSent) as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(told.format())

    assert "key=" not in shown
    assert "cCtzcy93w7ZyZD8mPQ" not in shown


@pytest.mark.parametrize("breaks", [RESET, _http(b"", 500), _http({"responseCode": 400})])
def test_the_token_is_in_no_traceback(client: Client, vendor: Vendor, breaks: bytes):
    """Nor is the token, when it is the message that fails."""
    vendor.says = [breaks]
    try:
        _single(client)
    except (OutcomeUnknown, Rejected) as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(told.format())

    assert "client = Client(" in shown
    assert _jwt(1) not in shown
    assert "wörd" not in shown


def test_secrets_are_in_no_log(client: Client, caplog: pytest.LogCaptureFixture):
    """With every logger wide open, key, token, number and text stay unsaid."""
    with caplog.at_level(logging.DEBUG):
        _single(client, "clave 4711")

    for secret in ("cCtzcy93w7ZyZD8mPQ", _jwt(1), "9816111111", "clave"):
        assert secret not in caplog.text


def test_curl_masks_secrets():
    """The command for the vendor's support holds the parameters, and no token."""
    request = Request.single("91", "9816111111", "¿qué tal?", **SENDING)

    assert request.as_curl() == (
        "curl -X POST 'https://cpaas.messagecentral.com/verification/v3/send?type=SMS&flowType=SMS"
        "&senderId=UTOMOB&messageType=TRANSACTION&countryCode=91&mobileNumber=9816111111"
        "&message=%C2%BFqu%C3%A9%20tal%3F' -H 'authToken: ****'"
    )


def test_curl_masks_the_key():
    """The request for a token shows the account and not its password."""
    from pydantic import SecretStr

    curl = Request.token("C-1", SecretStr(PASSWORD), None, None).as_curl()

    assert "customerId=C-1&key=****&scope=NEW" in curl


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_certificate_that_nobody_vouches_for_ends_it(tmp_path: Path):
    """TLS is verified: a vendor that cannot prove itself gets neither password nor text."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    subject = ["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", "req", "-x509", *made, *subject], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        heard: list[bytes] = []

        def listen() -> None:
            connection, _ = server.accept()
            with suppress(OSError), tls.wrap_socket(connection, server_side=True) as stream:
                heard.append(stream.recv(1000))
            connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        with (
            Client(f"https://localhost:{port}", token="t", timeout=5) as client,
            pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            _single(client)
        thread.join()

    assert b"".join(heard) == b""


def test_a_proxy_is_used(monkeypatch: pytest.MonkeyPatch):
    """Behind a proxy the vendor is asked through it, and its refusal means that nothing left."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard: list[bytes] = []

        def listen() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n")

        thread = threading.Thread(target=listen)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
        with Client(token="t", timeout=5) as client, pytest.raises(NotSent, match="403"):
            _single(client)
        thread.join()

    assert heard[0].startswith(b"CONNECT cpaas.messagecentral.com:443 HTTP/1.1")
    assert b"9816111111" not in heard[0]  # what goes through it is nobody else's business


def test_a_proxy_that_cannot_be_used_is_known_at_once(monkeypatch: pytest.MonkeyPatch):
    """Nothing is sent around it, and its address, which may hold a password, is not repeated."""
    monkeypatch.setenv("https_proxy", "gopher://me:secret@127.0.0.1:1")

    with pytest.raises(SettingsError, match="proxy in the environment") as refusal:
        Client(token="t")
    assert "secret" not in str(refusal.value)


def test_loopback_needs_no_proxy(vendor: Vendor, client: Client, monkeypatch: pytest.MonkeyPatch):
    """This machine itself is not asked through a proxy."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert _single(client).code == 200


def test_a_connection_is_kept(client: Client, vendor: Vendor):
    """Requests one after the other share a connection."""
    for _ in range(3):
        _single(client)

    assert vendor.connections == 1


def test_a_connection_with_half_an_answer_is_not_used_again(client: Client, vendor: Vendor):
    """Of an endless answer the rest is not taken for the next one."""
    vendor.says = [_http(b"x" * (3 << 20))]

    with pytest.raises(OutcomeUnknown, match="longer than 1 MiB"):
        _single(client)
    assert _single(client).code == 200
    assert vendor.connections == 2


def test_a_connection_that_the_vendor_closed_is_made_anew(client: Client, vendor: Vendor):
    """A closed connection is noticed before a request is trusted to it."""
    vendor.says = [_http(ACCEPTED, 200, "connection: close")]
    _single(client)
    _single(client)

    assert vendor.connections == 2
    assert len(vendor.sends) == 2


class TestSandbox:
    """The sandbox is another reading of the same documentation."""

    @pytest.fixture
    def played(self):
        with sandbox.serve() as played:
            yield played

    @pytest.fixture
    def asking(self, played: sandbox.Sandbox):
        with Client(played.url, customer_id=played.customer_id, password=played.password) as client:
            yield client

    def test_a_code_is_sent_and_checked(self, played: sandbox.Sandbox, asking: Client):
        """The right code is confirmed, once."""
        sent = asking.send_otp("91", "9816111111", otp_length=6)
        code = played.otp_codes[sent.verification_id]

        assert len(code) == 6
        with pytest.raises(Rejected) as wrong:
            asking.validate_otp(sent.verification_id, "000000" if code != "000000" else "1")
        assert wrong.value.code == 702
        assert asking.validate_otp(sent.verification_id, code).code == 200
        with pytest.raises(Rejected) as used:
            asking.validate_otp(sent.verification_id, code)
        assert used.value.code == 703

    def test_a_live_code_is_not_sent_again(self, played: sandbox.Sandbox, asking: Client):
        """A second request while a code is live names that code."""
        first = asking.send_otp("91", "9816111111")
        again = asking.send_otp("91", "9816111111")

        assert again.code == 506
        assert again.verification_id == first.verification_id

    @pytest.mark.parametrize("flow_type", ["SMS", "WHATSAPP", "RCS", "SAUTH"])
    def test_every_flow_is_taken(self, asking: Client, flow_type: str):
        """Each flow type is one that the vendor knows."""
        answer = asking.single("91", "9816111111", "hola", **SENDING, flow_type=flow_type)

        assert answer.code == 200

    def test_registered_ids_arrive(self, played: sandbox.Sandbox, asking: Client):
        """templateId and entityId travel together."""
        asking.list(
            "91 9816111111, 91 7715131105,", "hola", **SENDING, template_id="1", entity_id="2"
        )

        assert played.messages["mobile"].to_list() == ["9816111111", "7715131105"]

    def test_a_revoked_token_is_renewed(self, played: sandbox.Sandbox, asking: Client):
        """When the vendor forgets the token, the next request goes under a new one."""
        _single(asking)
        played.revoke()

        assert _single(asking).code == 200
