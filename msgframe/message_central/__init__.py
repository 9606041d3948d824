"""Message Central: the vendor, and the one room that knows its words."""

from __future__ import annotations

from msgframe.message_central.callback_fields import CALLBACK_FIELDS
from msgframe.message_central.client import Answer, Client
from msgframe.message_central.error_codes import ErrorCodeOverrides
from msgframe.message_central.limits import Limits
from msgframe.message_central.requests import Request
from msgframe.message_central.settings import PARAMETERS, FlowType, MessageType, Terms, closed
from msgframe.message_central.url_budget import encoded_bytes, entry_bytes, room, room_for_text

__all__ = [
    "CALLBACK_FIELDS",
    "PARAMETERS",
    "Answer",
    "Client",
    "ErrorCodeOverrides",
    "FlowType",
    "Limits",
    "MessageType",
    "Request",
    "Terms",
    "closed",
    "encoded_bytes",
    "entry_bytes",
    "error_codes",
    "room",
    "room_for_text",
    "sandbox",
    "uploads",
]
