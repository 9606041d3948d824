"""The vendor's words, each once: what its API takes, answers and calls back.

Sources: the vendor's documentation, and what the public clients of others send and report. A new
setting of a campaign is a line of `MessageSettings`, one of `PARAMETERS`, and a column of the plan
in `frames`: signatures, checks, requests and the campaign file follow. Any other parameter is a
line of `ALL_PARAMETERS`.
"""
# The annotations are read when the module loads, so they are not postponed.

from collections.abc import Mapping
from typing import Literal, NotRequired, TypeAlias, TypedDict, get_args, get_type_hints

from msgframe.core.vendor import CallbackFields
from msgframe.errors import SettingsError
from msgframe.frames import did_you_mean, quoted, require_choice

Operation: TypeAlias = Literal["token", "send", "validate"]

#: Method and path of each operation.
ENDPOINTS: dict[Operation, tuple[str, str]] = {
    "token": ("GET", "/auth/v1/authentication/token"),
    "send": ("POST", "/verification/v3/send"),
    "validate": ("GET", "/verification/v3/validateOtp"),
}

#: The header that carries the token; `Authorization` is not looked at.
TOKEN_HEADER = b"authToken"

FlowType: TypeAlias = Literal["SMS", "WHATSAPP", "RCS", "SAUTH"]
MessageType: TypeAlias = Literal["TRANSACTION", "PROMOTIONAL", "OTP"]


class MessageSettings(TypedDict):
    """The settings of a message: keywords of `plan` and `Client`, columns of a plan."""

    #: What the recipient sees as sender.
    sender_id: str
    #: `TRANSACTION`, `PROMOTIONAL` or `OTP`. The vendor's silent default is OTP; ours must be said.
    message_type: MessageType
    #: `SMS`, `WHATSAPP`, `RCS` or `SAUTH`.
    flow_type: NotRequired[FlowType]
    #: The registered template (India DLT), as text: 19 digits are more than a spreadsheet keeps.
    template_id: NotRequired[str | None]
    #: The registered brand (India DLT), as text.
    entity_id: NotRequired[str | None]


#: The vendor's name of each, in the order of a URL (message-now-api, section 2).
PARAMETERS = {
    "flow_type": "flowType",
    "sender_id": "senderId",
    "message_type": "messageType",
    "template_id": "templateId",
    "entity_id": "entityId",
}

#: What is meant where nothing is said; other settings that may be left out are then not sent.
DEFAULTS = {"flow_type": "SMS"}

#: The settings that have a few values only.
CHOICES = {
    name: choices
    for name, kind in get_type_hints(MessageSettings).items()
    for choices in map(get_args, (kind, *get_args(kind)))
    if choices and all(isinstance(choice, str) for choice in choices)
}

#: The settings that must have a value.
NEEDED = MessageSettings.__required_keys__ | DEFAULTS.keys()

#: The vendor's name of each parameter: those of every operation, then what a campaign sets.
ALL_PARAMETERS = {
    "customer_id": "customerId",
    "key": "key",
    "scope": "scope",
    "country": "country",
    "email": "email",
    "type": "type",
    "country_code": "countryCode",
    "mobile": "mobileNumber",
    "numbers": "phoneNumbers",
    "message": "message",
    "otp_length": "otpLength",
    "verification_id": "verificationId",
    "code": "code",
} | PARAMETERS

#: The form part that holds the workbook of file mode, and the only media type that is taken there.
FILE_PART = "file"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: How many digits a one-time code may have; the first is the vendor's default.
OTP_LENGTHS = (4, 5, 6, 7, 8)

#: `verificationStatus` of a one-time code that was right.
VERIFIED = "VERIFICATION_COMPLETED"

#: What an answer's code asks of a sender.
Meaning: TypeAlias = Literal["success", "throttled", "no_credit", "auth", "unknown", "rejected"]

#: What a `responseCode` is called, and what it means. 401, 408 and 429 are HTTP's own.
RESPONSE_CODES: dict[int, tuple[str, Meaning]] = {
    200: ("SUCCESS", "success"),
    400: ("BAD_REQUEST", "rejected"),
    401: ("UNAUTHORIZED", "auth"),
    408: ("REQUEST_TIMEOUT", "unknown"),
    409: ("DUPLICATE_RESOURCE", "rejected"),
    429: ("TOO_MANY_REQUESTS", "throttled"),
    500: ("SERVER_ERROR", "unknown"),
    501: ("INVALID_CUSTOMER_ID", "auth"),
    505: ("INVALID_VERIFICATION_ID", "rejected"),
    506: ("REQUEST_ALREADY_EXISTS", "rejected"),
    508: ("INSUFFICIENT_CREDIT", "no_credit"),
    511: ("INVALID_COUNTRY_CODE", "rejected"),
    700: ("VERIFICATION_FAILED", "rejected"),
    702: ("WRONG_OTP_PROVIDED", "rejected"),
    703: ("ALREADY_VERIFIED", "rejected"),
    705: ("VERIFICATION_EXPIRED", "rejected"),
    800: ("MAXIMUM_LIMIT_REACHED", "throttled"),
    805: ("INSUFFICIENT_CREDIT", "no_credit"),
}

#: The code of an answer to a request for a one-time code while another is still live.
STILL_LIVE = 506

#: How its delivery callbacks are written: from the documented one, and the Spanish words of the
#: documentation's list of statuses. What all gateways write (SMPP 3.4, appendix B) is known to
#: `receipts` anyway. The zone is not documented; that of the vendor's country is the likeliest.
CALLBACK_FIELDS = CallbackFields(
    headers={
        "message_id": ("messageId",),
        "status": ("status",),
        "error_code": ("errorCode",),
        "country_code": ("countryCode",),
        "mobile": ("mobile",),
        "submitted": ("submitDate",),
        "done": ("doneDate",),
    },
    spellings={
        "delivered": ("DELIVRD", "ENTREGADO"),
        "expired": ("EXPIRED", "CADUCADO"),
        "undelivered": ("UNDELIV", "suspendió"),
        "unknown": ("UNKNOWN", "DESCONOCIDO"),
        "rejected": ("REJECTD", "RECHAZADO"),
        "enroute": ("ENROUTE", "enviado"),
        "queued": ("en cola",),
    },
    zone="Asia/Kolkata",
)


def check_settings(settings: Mapping[str, object], /, *, verb: str) -> dict[str, str | None]:
    """Give every setting by its name, None where it has no value, or raise.

    Raises
    ------
    SettingsError
        A value that the vendor must refuse.
    TypeError
        A setting that there is not, or one that must be given and is not.

    >>> check_settings({"sender_id": "UTOMOB", "message_type": "OTP"}, verb="plan")["flow_type"]
    'SMS'
    """
    _require_names(settings, verb)
    values = {name: settings.get(name, DEFAULTS.get(name)) for name in PARAMETERS}
    for name in [name for name in values if name in NEEDED or values[name] is not None]:
        if name in CHOICES:
            require_choice(values[name], CHOICES[name], name=name, verb=verb)
        else:
            require_text(values[name], name=name, verb=verb)
    pair = [name for name in ("template_id", "entity_id") if values[name] is not None]
    if len(pair) == 1:
        raise SettingsError(
            f"{verb}() takes template_id and entity_id together or neither of them; "
            f"only {quoted(pair)} is given."
        )
    return values  # type: ignore[return-value]  # each is text by now, or None


def parameters_of(settings: Mapping[str, object], /) -> dict[str, str]:
    """Give what goes into a request, by the vendor's names; other keys of `settings` are ignored.

    >>> parameters_of({"sender_id": "UTOMOB", "template_id": None, "mobile": "9816111111"})
    {'senderId': 'UTOMOB'}
    """
    values = {theirs: settings.get(name) for name, theirs in PARAMETERS.items()}
    return {name: str(value) for name, value in values.items() if value is not None}


def require_text(value: object, *, name: str, verb: str) -> None:
    """Raise unless a setting is text with something in it."""
    if not isinstance(value, str):
        raise SettingsError(
            f"{verb}({name}={value!r}) is a {type(value).__name__}: write it as text, {name}='…'."
        )
    if not value.strip():
        raise SettingsError(f"{verb}({name}={value!r}) is blank: give it a value.")


def _require_names(settings: Mapping[str, object], verb: str) -> None:
    if unknown := settings.keys() - PARAMETERS.keys():
        near = did_you_mean(sorted(unknown), PARAMETERS)
        raise TypeError(f"{verb}() got an unexpected keyword argument {min(unknown)!r}.{near}")
    if missing := MessageSettings.__required_keys__ - settings.keys():
        raise TypeError(
            f"{verb}() needs {quoted(sorted(missing))}, which no default can stand for."
        )
