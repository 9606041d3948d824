"""Message Central: the vendor, and the one room that knows its words."""

from __future__ import annotations

from msgframe.message_central.client import Client
from msgframe.message_central.error_codes import ErrorCodeOverrides
from msgframe.message_central.requests import Request
from msgframe.message_central.responses import SendResult
from msgframe.message_central.vendor import MESSAGE_CENTRAL, RequestLimits, registration_email
from msgframe.message_central.vocabulary import (
    CALLBACK_FIELDS,
    PARAMETERS,
    FlowType,
    MessageSettings,
    MessageType,
)

__all__ = [
    "CALLBACK_FIELDS",
    "MESSAGE_CENTRAL",
    "PARAMETERS",
    "Client",
    "ErrorCodeOverrides",
    "FlowType",
    "MessageSettings",
    "MessageType",
    "Request",
    "RequestLimits",
    "SendResult",
    "credentials",
    "error_codes",
    "registration_email",
    "sandbox",
    "uploads",
]
