"""msgframe: from a messy spreadsheet of recipients to delivered, accounted-for messages.

One street, a frame carried from door to door:

    import msgframe as mf

    sheet, findings = mf.read("data/recipients.xlsx")
    accepted, rejected, problems = mf.check(sheet, country="91")
    messages = mf.render(accepted, "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##")
    plan = mf.plan(messages, campaign="saldo", sender_id="UTOMOB", message_type="TRANSACTION")

    with mf.Client() as client, mf.Journal("out/saldo.db") as journal:
        sent = mf.send(plan, client, journal)
    deliveries, orphans = mf.track(sent, mf.read_callbacks("callbacks.db"))
    mf.report(deliveries).save("out/report.html")

Verbs turn frames into frames: `read`, `check`, `render`, `plan`, `send`, `read_callbacks`,
`track`, `report`; beside the street stand `merge` (mended rows back), `lint`, `preview`, `forecast`
and `advise` (a text and its price), `dlt_template` (India), `estimate_zone` (the vendor's clock).
Nouns are polars expressions: `msisdn`, `encoding`, `segments`. Capitals hold something open or
are subclassed: `Recipient`, `Client`, `Journal`, `MsgframeError`. Everything else is polars.

Rooms load when a name of theirs is first used, so `import msgframe` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgframe import receiver, sandbox, testing
    from msgframe.callbacks import read_callbacks
    from msgframe.client import Client
    from msgframe.costs import advise, forecast
    from msgframe.deliveries import estimate_zone, track
    from msgframe.dispatch import send
    from msgframe.errors import MsgframeError
    from msgframe.journal import Journal
    from msgframe.linter import dlt_template, lint
    from msgframe.numbers import msisdn
    from msgframe.plans import plan
    from msgframe.previews import preview
    from msgframe.recipients import Recipient, check, merge
    from msgframe.reports import report
    from msgframe.sheets import read
    from msgframe.templates import render
    from msgframe.texts import encoding, segments

__version__ = "0.1.0"

#: Each public name and the room it lives in; a room that is public itself stands for itself.
_ROOM_OF = {
    "Client": "client",
    "Journal": "journal",
    "MsgframeError": "errors",
    "Recipient": "recipients",
    "advise": "costs",
    "check": "recipients",
    "dlt_template": "linter",
    "encoding": "texts",
    "estimate_zone": "deliveries",
    "forecast": "costs",
    "lint": "linter",
    "merge": "recipients",
    "msisdn": "numbers",
    "plan": "plans",
    "preview": "previews",
    "read": "sheets",
    "read_callbacks": "callbacks",
    "receiver": "receiver",
    "render": "templates",
    "report": "reports",
    "sandbox": "sandbox",
    "segments": "texts",
    "send": "dispatch",
    "testing": "testing",
    "track": "deliveries",
}

__all__ = [
    "Client",
    "Journal",
    "MsgframeError",
    "Recipient",
    "advise",
    "check",
    "dlt_template",
    "encoding",
    "estimate_zone",
    "forecast",
    "lint",
    "merge",
    "msisdn",
    "plan",
    "preview",
    "read",
    "read_callbacks",
    "receiver",
    "render",
    "report",
    "sandbox",
    "segments",
    "send",
    "testing",
    "track",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'msgframe' has no attribute {name!r}")
    room = import_module(f"msgframe.{_ROOM_OF[name]}")
    value = room if _ROOM_OF[name] == name else getattr(room, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
