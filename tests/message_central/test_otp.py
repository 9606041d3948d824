"""One-time codes: sent, checked, and each way in which a check fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from msgframe import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


class Phone:
    """A person who asks for codes and types them in, with a clock that can be set."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, tzinfo=UTC)
        self.vendor: sandbox.Sandbox

    def send(self, **change: str) -> dict:
        params = {"countryCode": "91", "mobileNumber": "9816111111", "flowType": "SMS", **change}
        return self._call("POST", "/verification/v3/send", params)

    def check(self, verification_id: object, code: str) -> dict:
        params = {"verificationId": str(verification_id), "code": code}
        return self._call("GET", "/verification/v3/validateOtp", params)

    def _call(self, method: str, path: str, params: dict[str, str]) -> dict:
        headers = {"authToken": self.vendor.token}
        return httpx.request(method, self.vendor.url + path, params=params, headers=headers).json()


@pytest.fixture
def phone() -> Iterator[Phone]:
    phone = Phone()
    with sandbox.serve(clock=lambda: phone.moment) as phone.vendor:
        yield phone


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def test_right_code_is_confirmed(phone: Phone):
    """The right code completes the verification; the id is a number here, and text in the send."""
    sent = phone.send()["data"]["verificationId"]

    answer = phone.check(sent, phone.vendor.otp_codes[sent])

    assert answer["responseCode"] == 200
    assert answer["data"]["verificationStatus"] == "VERIFICATION_COMPLETED"
    assert answer["data"]["verificationId"] == int(sent)


@pytest.mark.parametrize("length", [4, 6, 8])
def test_code_has_the_length_asked_for(phone: Phone, length: int):
    """`otpLength` digits, and the recipient reads them."""
    sent = phone.send(otpLength=str(length))["data"]["verificationId"]

    code = phone.vendor.otp_codes[sent]
    assert len(code) == length
    assert phone.vendor.messages["text"].to_list() == [f"{code} is your verification code."]


@pytest.mark.parametrize("length", ["3", "9", "four"])
def test_other_lengths_are_refused(phone: Phone, length: str):
    """Codes have 4 to 8 digits."""
    assert phone.send(otpLength=length)["responseCode"] == 400


def test_second_request_while_one_lives(phone: Phone):
    """506 with the id of the live code; nothing new is sent."""
    first = phone.send()["data"]["verificationId"]

    second = phone.send()

    assert second["responseCode"] == 506
    assert second["message"] == "REQUEST_ALREADY_EXISTS"
    assert second["data"]["verificationId"] == first
    assert phone.vendor.messages.height == 1


def test_codes_of_others_do_not_count(phone: Phone):
    """A live code hinders its own number only."""
    phone.send()

    assert phone.send(mobileNumber="9816111112")["responseCode"] == 200


def test_the_answer_says_how_long_a_code_lives(phone: Phone):
    """`timeout` is the time after which a new code can be had."""
    assert phone.send()["data"]["timeout"] == "60"


def test_new_code_after_the_old_one_expired(phone: Phone):
    """When a code is too old, it is refused (705) and a new one can be had."""
    old = phone.send()["data"]["verificationId"]
    phone.moment += timedelta(seconds=60)

    assert phone.check(old, phone.vendor.otp_codes[old])["responseCode"] == 705
    assert phone.send()["responseCode"] == 200


def test_wrong_code(phone: Phone):
    """A wrong code is 702, and the right one still works afterwards."""
    sent = phone.send()["data"]["verificationId"]
    code = phone.vendor.otp_codes[sent]

    assert phone.check(sent, wrong(code))["responseCode"] == 702
    assert phone.check(sent, code)["responseCode"] == 200


def test_wrong_too_often(phone: Phone):
    """After three wrong tries the verification has failed, for the right code too."""
    sent = phone.send()["data"]["verificationId"]
    code = phone.vendor.otp_codes[sent]
    for _ in range(3):
        phone.check(sent, wrong(code))

    assert phone.check(sent, code)["responseCode"] == 700


def test_a_code_works_once(phone: Phone):
    """The second use of a right code is 703."""
    sent = phone.send()["data"]["verificationId"]
    phone.check(sent, phone.vendor.otp_codes[sent])

    assert phone.check(sent, phone.vendor.otp_codes[sent])["responseCode"] == 703


def test_a_code_has_a_receipt(phone: Phone):
    """The callback of a code carries the transaction that the client was told."""
    told = phone.send()["data"]["transactionId"]

    assert phone.vendor.callbacks()["messageId"].unique().to_list() == [told]


@pytest.mark.parametrize("unknown", ["1", "", "abc"])
def test_unknown_verification(phone: Phone, unknown: str):
    """An id that the vendor never gave out is 505."""
    assert phone.check(unknown, "1234")["responseCode"] == 505


def test_own_text_is_not_a_code(phone: Phone):
    """With `type=SMS` the message type OTP is a text of ours, and no code is made."""
    text = {"type": "SMS", "senderId": "UTOMOB", "message": "1234", "messageType": "OTP"}

    assert [phone.send(**text)["responseCode"] for _ in range(2)] == [200, 200]
    assert phone.vendor.messages["mode"].to_list() == ["single", "single"]
