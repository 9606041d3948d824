"""msgframe: from a messy spreadsheet of recipients to delivered, accounted-for messages.

One street, a frame carried from door to door:

    import msgframe as mf

    reading = mf.read("data/recipients.xlsx")
    accepted, rejected, problems = mf.check(reading, country="91")
    messages = mf.render(accepted, "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##")
    plan = mf.plan(messages, campaign="saldo", sender_id="UTOMOB", message_type="TRANSACTION")

    with mf.Client() as client, mf.Journal("out/saldo.db") as journal:
        sent = mf.send(plan, client, journal)
    deliveries, orphans = mf.track(sent, mf.read_callbacks("callbacks.db"))
    mf.report(deliveries).save("out/report.html")

Verbs turn frames into frames: `read`, `check`, `render`, `plan`, `send`, `read_callbacks`,
`track`, `report`; beside the street stand `merge` (mended rows back), `lint`, `preview`, `forecast`
and `advise` (a text and its price), `dlt_template` (India), `estimate_zone` (the vendor's clock),
`write_rejects` (rows to mend in Excel) and `write_clean` (rows to upload by hand).
Nouns are polars expressions: `msisdn`, `encoding`, `segments`. Capitals hold something open or
are subclassed: `Recipient`, `Client`, `Journal`, `MsgframeError`. Everything else is polars.

Rooms load when a name of theirs is first used, so `import msgframe` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgframe import phone, testing
    from msgframe.campaigns import (
        Journal,
        evaluate_canary,
        fingerprint,
        plan,
        plan_summary,
        plan_test_send,
        quiet_hours,
        send,
        when_delivered,
    )
    from msgframe.errors import MsgframeError
    from msgframe.message_central import Client, RequestLimits, sandbox
    from msgframe.messages import (
        advise,
        dlt_template,
        encoding,
        forecast,
        lint,
        preview,
        render,
        segments,
    )
    from msgframe.phone import msisdn
    from msgframe.receipts import estimate_zone, read_callbacks, receiver, track
    from msgframe.recipients import Recipient, check, merge, rule
    from msgframe.reports import report
    from msgframe.spreadsheets import read, write_clean, write_rejects

__version__ = "0.2.0"

#: Each public name and the room it lives in; a room that is public itself stands for itself.
_ROOM_OF = {
    "Client": "message_central",
    "Journal": "campaigns",
    "MsgframeError": "errors",
    "Recipient": "recipients",
    "RequestLimits": "message_central",
    "advise": "messages",
    "check": "recipients",
    "dlt_template": "messages",
    "encoding": "messages",
    "estimate_zone": "receipts",
    "evaluate_canary": "campaigns",
    "fingerprint": "campaigns",
    "forecast": "messages",
    "lint": "messages",
    "merge": "recipients",
    "msisdn": "phone",
    "phone": "phone",
    "plan": "campaigns",
    "plan_summary": "campaigns",
    "plan_test_send": "campaigns",
    "preview": "messages",
    "quiet_hours": "campaigns",
    "read": "spreadsheets",
    "read_callbacks": "receipts",
    "receiver": "receipts",
    "render": "messages",
    "report": "reports",
    "rule": "recipients",
    "sandbox": "message_central",
    "segments": "messages",
    "send": "campaigns",
    "testing": "testing",
    "track": "receipts",
    "when_delivered": "campaigns",
    "write_clean": "spreadsheets",
    "write_rejects": "spreadsheets",
}

__all__ = [
    "Client",
    "Journal",
    "MsgframeError",
    "Recipient",
    "RequestLimits",
    "advise",
    "check",
    "dlt_template",
    "encoding",
    "estimate_zone",
    "evaluate_canary",
    "fingerprint",
    "forecast",
    "lint",
    "merge",
    "msisdn",
    "phone",
    "plan",
    "plan_summary",
    "plan_test_send",
    "preview",
    "quiet_hours",
    "read",
    "read_callbacks",
    "receiver",
    "render",
    "report",
    "rule",
    "sandbox",
    "segments",
    "send",
    "testing",
    "track",
    "when_delivered",
    "write_clean",
    "write_rejects",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'msgframe' has no attribute {name!r}")
    room = import_module(f"msgframe.{_ROOM_OF[name]}")
    value = room if _ROOM_OF[name] == name else getattr(room, name, None)
    if value is None:  # a package inside its room, which loads when it is asked for
        value = import_module(f"{room.__name__}.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
