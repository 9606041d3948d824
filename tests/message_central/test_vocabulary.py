"""The settings of a message: one table, one check, whoever takes them."""

from __future__ import annotations

import pytest

from msgframe import frames
from msgframe.errors import SettingsError
from msgframe.message_central import PARAMETERS, MessageSettings
from msgframe.message_central.vocabulary import check_settings, parameters_of

GOOD = {"sender_id": "UTOMOB", "message_type": "TRANSACTION"}


def test_the_table_the_signature_and_the_plan_name_the_same_settings():
    """A new parameter is a line in each of the three, and nothing else."""
    names = set(PARAMETERS)

    assert set(MessageSettings.__annotations__) == names
    assert set(frames.columns("plan")) >= names


def test_what_is_left_out_is_a_default_or_nothing():
    values = check_settings(GOOD, verb="plan")

    assert {name: value for name, value in values.items() if value is not None} == {
        "flow_type": "SMS",
        **GOOD,
    }
    assert set(values) == set(PARAMETERS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sender_id": " "}, r"send\(sender_id=' '\) is blank"),
        ({"sender_id": None}, "write it as text"),
        ({"message_type": "MARKETING"}, "there are 'TRANSACTION', 'PROMOTIONAL', 'OTP'"),
        ({"message_type": None}, "there are 'TRANSACTION'"),
        ({"flow_type": "Sms"}, "Did you mean 'SMS'"),
        ({"template_id": 1107160000000000001, "entity_id": "1"}, "write it as text"),
        ({"entity_id": "1"}, "only 'entity_id' is given"),
    ],
)
def test_a_wrong_value_is_answered(change, said):
    with pytest.raises(SettingsError, match=said):
        check_settings(GOOD | change, verb="send")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({**GOOD, "sender": "UTOMOB"}, "unexpected keyword argument 'sender'. Did you mean"),
        ({"sender_id": "UTOMOB"}, "needs 'message_type'"),
        ({}, "needs 'message_type', 'sender_id'"),
    ],
)
def test_a_wrong_name_is_a_wrong_call(settings, said):
    with pytest.raises(TypeError, match=said):
        check_settings(settings, verb="plan")


def test_parameters_leave_out_what_has_no_value():
    row = {**check_settings(GOOD, verb="plan"), "mobile": "9816111111"}

    assert parameters_of(row) == {
        "flowType": "SMS",
        "messageType": "TRANSACTION",
        "senderId": "UTOMOB",
    }
