"""The vendor's words, each once: what its API takes, answers and calls back.

Sources: the vendor's documentation, and what the public clients of others send and report. Adding a
setting of a campaign begins in `settings`, any other parameter here.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgframe.core.vendor import CallbackFields
from msgframe.message_central import settings

Operation: TypeAlias = Literal["token", "send", "validate"]

#: Method and path of each operation.
ENDPOINTS: dict[Operation, tuple[str, str]] = {
    "token": ("GET", "/auth/v1/authentication/token"),
    "send": ("POST", "/verification/v3/send"),
    "validate": ("GET", "/verification/v3/validateOtp"),
}

#: The header that carries the token; `Authorization` is not looked at.
TOKEN_HEADER = b"authToken"

#: The vendor's name of each parameter: those of every operation, then what a campaign sets.
PARAMETERS = {
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
} | settings.PARAMETERS

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
