"""How the vendor writes its delivery callbacks: its keys, its words for a status, its clock."""

from __future__ import annotations

from msgframe.core.vendor import CallbackFields

#: From the documented callback, and the Spanish words of the documentation's list of statuses. What
#: all gateways write (SMPP 3.4, appendix B) is known to `receipts` anyway. The zone is not
#: documented; that of the vendor's country is the likeliest.
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
