"""The sandbox over real HTTP on loopback: token, the three modes, codes, what it keeps."""

from __future__ import annotations

import base64
import json
import socket
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import httpx
import polars as pl
import pytest
import xlsxwriter

from msgframe import sandbox
from msgframe.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

SINGLE = {
    "countryCode": "91",
    "mobileNumber": "9999999999",
    "flowType": "SMS",
    "type": "SMS",
    "senderId": "UTOMOB",
    "message": "Hola Amit",
    "messageType": "TRANSACTION",
}
BULK = {k: v for k, v in SINGLE.items() if k not in {"countryCode", "mobileNumber"}}
SEND, VALIDATE = "/verification/v3/send", "/verification/v3/validateOtp"
TOKEN = "/auth/v1/authentication/token"


@pytest.fixture
def vendor() -> Iterator[sandbox.Sandbox]:
    with sandbox.serve() as vendor:
        yield vendor


@pytest.fixture
def http(vendor: sandbox.Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=vendor.url, headers={"authToken": vendor.token}) as http:
        yield http


def workbook(rows: list[list[object]]) -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def key(password: str) -> str:
    return base64.b64encode(password.encode()).decode()


def test_token_for_the_right_password(vendor: sandbox.Sandbox, http: httpx.Client):
    """A token is a JWT with the customer as its subject, and lives 1,825 days."""
    params = {"customerId": vendor.customer_id, "key": key(vendor.password), "scope": "NEW"}

    answer = http.get(TOKEN, params=params).json()

    claims = json.loads(base64.urlsafe_b64decode(answer["token"].split(".")[1] + "=="))
    assert answer["status"] == 200
    assert claims["sub"] == vendor.customer_id
    assert claims["exp"] - claims["iat"] == 1825 * 24 * 3600


@pytest.mark.parametrize(
    ("customer_id", "password", "error"),
    [
        ("C-0", sandbox.accounts.PASSWORD, "customerId is invalid"),
        (None, "no", "password is wrong"),
    ],
)
def test_wrong_login_is_http_200(vendor, http, customer_id, password, error):
    """A refused login has HTTP 200 and no token."""
    params = {"customerId": customer_id or vendor.customer_id, "key": key(password)}

    answer = http.get(TOKEN, params=params)

    assert answer.status_code == 200
    assert answer.json() == {"status": 400, "error": error}


def test_default_password_needs_encoding():
    """The sandbox's key holds each character that a URL would swallow."""
    assert set("+/=") <= set(key(sandbox.accounts.PASSWORD))


def test_single_answer_is_the_documented_one(http: httpx.Client):
    """Outer code a number, inner code, id and timeout text, exactly the documented keys."""
    answer = http.post(SEND, params=SINGLE).json()

    data = answer["data"]
    assert (answer["responseCode"], answer["message"]) == (200, "SUCCESS")
    assert list(data) == [
        "verificationId",
        "mobileNumber",
        "responseCode",
        "errorMessage",
        "timeout",
        "smsCLI",
        "transactionId",
    ]
    assert (data["responseCode"], data["mobileNumber"]) == ("200", "9999999999")
    assert data["verificationId"].isdecimal()
    assert data["timeout"] in {"30.0", "60"}


def test_single_is_kept(vendor: sandbox.Sandbox, http: httpx.Client):
    """What the recipient reads is in `messages`, with the ids that the client was told."""
    data = http.post(SEND, params=SINGLE).json()["data"]

    kept = vendor.messages.row(0, named=True)
    assert (kept["country_code"], kept["mobile"], kept["text"]) == ("91", "9999999999", "Hola Amit")
    assert kept["transaction_id"] == data["transactionId"]
    assert kept["verification_id"] == data["verificationId"]
    assert (kept["message_type"], kept["sender_id"]) == ("TRANSACTION", "UTOMOB")


@pytest.mark.parametrize(
    "numbers",
    [
        "91 9816111111, 91 7715131105",
        "91 9816111111,91  7715131105,",
        "+91 9816111111,91 7715131105",
    ],
)
def test_list_takes_every_entry(vendor: sandbox.Sandbox, http: httpx.Client, numbers: str):
    """Blanks and a trailing comma do not matter; all get the same text."""
    answer = http.post(SEND, params={**BULK, "phoneNumbers": numbers}).json()

    assert answer["responseCode"] == 200
    assert vendor.messages.select("mobile", "text", "position").rows() == [
        ("9816111111", "Hola Amit", 0),
        ("7715131105", "Hola Amit", 1),
    ]


def test_list_with_a_bad_entry_sends_nothing(vendor: sandbox.Sandbox, http: httpx.Client):
    """One entry without its country refuses the whole request."""
    answer = http.post(SEND, params={**BULK, "phoneNumbers": "91 9816111111, 7715131105"}).json()

    assert answer["responseCode"] == 400
    assert vendor.messages.is_empty()


def test_file_is_opened_and_rendered(vendor: sandbox.Sandbox, http: httpx.Client):
    """Every row of the vendor's own sample gets its own text, repeated numbers too."""
    sample = workbook(
        [
            ["Country", "Mobile", "Var1", "Var2", "Var3"],
            ["91", "12345678901", "Amit", "$35", "DISOUNT20"],
            ["91", "23456789012", "Kunal", "$60", "DISOUNT20"],
            ["91", "12345678901", "Prakash", "$35", "DISOUNT20"],
        ]
    )
    params = {**BULK, "message": "Hola ##var##, tu saldo es ##Var2## en ##VAR3##"}

    answer = http.post(SEND, params=params, files={"file": ("sample.xlsx", sample)}).json()

    assert answer["responseCode"] == 200
    assert vendor.messages["mode"].unique().to_list() == ["file"]
    assert vendor.messages.select("mobile", "text").rows() == [
        ("12345678901", "Hola Amit, tu saldo es $35 en DISOUNT20"),
        ("23456789012", "Hola Kunal, tu saldo es $60 en DISOUNT20"),
        ("12345678901", "Hola Prakash, tu saldo es $35 en DISOUNT20"),
    ]


@pytest.mark.parametrize(
    "bad", [["91", "98161 11111", "x"], ["", "9816111111", "x"], ["91", "", "x"]]
)
def test_file_with_a_bad_row_sends_nothing(vendor, http, bad: list[str]):
    """One row without a number in digits refuses the whole file."""
    sheet = workbook([["Country", "Mobile", "Var1"], ["91", "9816111111", "Ana"], bad])

    answer = http.post(SEND, params=BULK, files={"file": ("sample.xlsx", sheet)}).json()

    assert answer["responseCode"] == 400
    assert vendor.messages.is_empty()


def test_sample_call_of_the_documentation(vendor: sandbox.Sandbox, http: httpx.Client):
    """The docs' own call has a number in the query beside the file: the file counts."""
    sheet = workbook([["Country", "Mobile", "Var1"], [91, 9816111111, 35]])
    params = {**SINGLE, "message": "saldo ##var1##"}

    http.post(SEND, params=params, files={"file": ("Sample_MessageNow.xlsx", sheet)})

    assert vendor.messages.select("mobile", "text").rows() == [("9816111111", "saldo 35")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"senderId": ""}, 400),
        ({"message": ""}, 400),
        ({"flowType": "FAX"}, 400),
        ({"flowType": ""}, 400),
        ({"messageType": "PROMO"}, 400),
        ({"templateId": "1107161234567890123"}, 400),
        ({"countryCode": ""}, 511),
        ({"countryCode": "IN"}, 511),
        ({"countryCode": "9191"}, 511),
        ({"mobileNumber": "98161 11111"}, 400),
        ({"mobileNumber": "٩٨١٦١١١١١١"}, 400),
        ({"customerId": "C-123"}, 501),
    ],
)
def test_refusals_take_nothing(vendor, http, change, code):
    """A refused request has its code in the body, and no message was taken."""
    answer = http.post(SEND, params={**SINGLE, **change}).json()

    assert answer["responseCode"] == code
    assert vendor.messages.is_empty()
    assert vendor.requests["response_code"].to_list() == [code]


def test_answers_may_look_otherwise():
    """Where the documentation is silent, every variant can be played."""
    style = sandbox.ResponseStyle(
        timeouts=("60",), text_codes=True, number_ids=True, refusal_status=400, no_credit=805
    )
    with sandbox.serve(response_style=style, credit=1) as vendor:
        headers = {"authToken": vendor.token}
        taken, refused = (
            httpx.post(vendor.url + SEND, params=SINGLE, headers=headers) for _ in range(2)
        )

    data = taken.json()["data"]
    assert (taken.json()["responseCode"], data["responseCode"]) == ("200", "200")
    assert (data["verificationId"], data["timeout"]) == (12_000_001, "60")
    assert (refused.status_code, refused.json()["responseCode"]) == (400, "805")


@pytest.mark.parametrize(
    ("bulk", "told"), [("id", {True}), ("no_id", {False}), ("wandering", {True, False})]
)
def test_bulk_answers_with_and_without_an_id(bulk: str, told: set[bool]):
    """List mode names its transaction, does not, or wanders by content."""
    with sandbox.serve(response_style=sandbox.ResponseStyle(bulk=bulk)) as vendor:
        headers = {"authToken": vendor.token}
        many = [{**BULK, "phoneNumbers": "91 9816111111", "message": f"{n}"} for n in range(12)]
        asked = [httpx.post(vendor.url + SEND, params=one, headers=headers) for one in many]

    answers = [answer.json()["data"]["transactionId"] for answer in asked]
    kept = vendor.messages["transaction_id"].to_list()
    assert {answer is not None for answer in answers} == told
    assert all(answer in {None, known} for answer, known in zip(answers, kept, strict=True))


@pytest.mark.parametrize("token", [None, "", "a.b.c", "nonsense"])
def test_no_valid_token_is_401_and_empty(vendor: sandbox.Sandbox, token: str | None):
    """Without a token that the vendor signed there is an empty 401."""
    headers = {} if token is None else {"authToken": token}

    answer = httpx.post(vendor.url + SEND, params=SINGLE, headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")


def test_revoked_token_is_refused(vendor: sandbox.Sandbox, http: httpx.Client):
    """After `revoke()` only a new token opens the door."""
    vendor.revoke()

    old = http.post(SEND, params=SINGLE)
    new = http.post(SEND, params=SINGLE, headers={"authToken": vendor.token})

    assert (old.status_code, new.status_code) == (401, 200)


def test_credit_runs_out():
    """A request beyond the credit is refused whole; a smaller one still goes."""
    with sandbox.serve(credit=2) as vendor:
        headers = {"authToken": vendor.token}
        three = {**BULK, "phoneNumbers": "91 9816111111,91 9816111112,91 9816111113"}

        refused = httpx.post(vendor.url + SEND, params=three, headers=headers).json()
        taken = httpx.post(vendor.url + SEND, params=SINGLE, headers=headers).json()

        assert (refused["responseCode"], taken["responseCode"]) == (508, 200)
        assert (vendor.messages.height, vendor.credit) == (1, 1)


def test_nothing_is_left_behind():
    """When the block ends, the port is free again."""
    with sandbox.serve() as vendor:
        port = int(vendor.url.rpartition(":")[2])

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_taken_port_is_said(vendor: sandbox.Sandbox):
    """A port that somebody has is a clear error, not a traceback of asyncio."""
    port = int(vendor.url.rpartition(":")[2])

    taken = pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}")
    with taken, sandbox.serve(port=port):
        pass


def test_expired_token_is_refused():
    """A token works until its `exp` and not longer."""
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    with sandbox.serve(clock=lambda: now[0]) as vendor:
        headers = {"authToken": vendor.token}
        before = httpx.post(vendor.url + SEND, params=SINGLE, headers=headers).status_code
        now[0] += timedelta(days=1825)
        after = httpx.post(vendor.url + SEND, params=SINGLE, headers=headers).status_code

    assert (before, after) == (200, 401)


def test_callbacks_have_the_vendors_spelling(vendor: sandbox.Sandbox, http: httpx.Client):
    """Keys and types are those of the documented payload; a single's id is its transaction."""
    answer = http.post(SEND, params=SINGLE).json()

    callbacks = vendor.callbacks()

    assert callbacks.schema == {
        "apiKey": pl.String,
        "clientId": pl.String,
        "messageId": pl.String,
        "status": pl.String,
        "errorCode": pl.Int64,
        "countryCode": pl.String,
        "mobile": pl.String,
        "submitDate": pl.String,
        "doneDate": pl.String,
    }
    assert callbacks["messageId"].to_list() == [answer["data"]["transactionId"]]
    assert callbacks["mobile"].to_list() == ["919999999999"]
    assert callbacks["status"].to_list() == ["DELIVRD"]


def test_callback_dates_are_in_the_vendors_zone():
    """Dates are whole seconds in India's time unless another zone is set, without a mark."""
    noon = datetime(2026, 3, 1, 12, 0, 0, 987_000, tzinfo=UTC)
    with sandbox.serve(clock=lambda: noon) as vendor:
        httpx.post(vendor.url + SEND, params=SINGLE, headers={"authToken": vendor.token})

    assert vendor.callbacks()["submitDate"].to_list() == ["2026-03-01 17:30:00"]


@pytest.mark.parametrize(
    ("suffix", "read"),
    [
        (".jsonl", pl.read_ndjson),
        (".json", pl.read_json),
        (".csv", lambda path: pl.read_csv(path, schema_overrides={"mobile": pl.String})),
        (".parquet", pl.read_parquet),
        (".xlsx", lambda path: pl.read_excel(path, infer_schema_length=0)),
    ],
)
def test_export_reads_back(vendor, http, tmp_path, suffix, read):
    """An export holds every callback, in each kind of file."""
    http.post(SEND, params=SINGLE)

    written = vendor.export(tmp_path / f"callbacks{suffix}")

    assert read(written)["messageId"].to_list() == vendor.callbacks()["messageId"].to_list()
    assert [path.name for path in tmp_path.iterdir()] == [f"callbacks{suffix}"]


def test_export_of_an_unknown_kind(vendor: sandbox.Sandbox, tmp_path):
    """An unknown suffix is answered with those that work."""
    with pytest.raises(UsageError, match=r"\.jsonl"):
        vendor.export(tmp_path / "callbacks.doc")

    assert list(tmp_path.iterdir()) == []
