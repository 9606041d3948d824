"""Is everything in its place? `doctor` looks, and says what to do where it is not."""

from __future__ import annotations

import platform
import shutil
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
import typer
from pydantic import ValidationError

import msgframe as mf
from msgframe.cli import shared
from msgframe.core.translation import section, template_of, translate
from msgframe.errors import MsgframeError
from msgframe.message_central import CALLBACK_FIELDS, credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARIES = ("polars", "fastexcel", "xlsxwriter", "pandera", "httpx")

#: A clock before this was never set.
_RELEASED = datetime(2026, 1, 1, tzinfo=UTC)

_LEAST_FREE = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and how it is; its sentences are in `[doctor]`, under its key."""

    what: str
    state: Literal["ok", "note", "bad"]
    #: What there was; `<key>_advice` says what to do where it is not ok.
    key: str
    facts: dict[str, Any] = field(default_factory=dict)

    def row(self, language: str) -> dict[str, str]:
        """Give the row of a table, in a language."""
        sentence = translate(f"doctor.{self.key}", language, **self.facts)
        advice = None if self.state == "ok" else template_of(f"doctor.{self.key}_advice", language)
        return {"what": self.what, "state": self.state, "found": sentence, "advice": advice or ""}


def doctor(
    *,
    journal: Annotated[Path, typer.Option(help="The journal to look into.")] = Path(
        "out/journal.db"
    ),
    zone: shared.Zone = None,
    port: Annotated[int, typer.Option(help="The port of your receiver.")] = 8030,
    url: shared.Url = None,
    live: Annotated[bool, typer.Option(help="Also ask the vendor for a token.")] = False,
    language: shared.Language = "en",
    as_json: shared.Json = False,
) -> None:
    """Look whether everything is in its place; nothing is asked from outside without --live.

    Example: msgframe doctor --journal out/journal.db
    """
    findings = [
        *_versions(),
        *_account(),
        _clock(),
        _zone(zone or CALLBACK_FIELDS.zone),
        _journal(journal),
        _disk(journal),
        _receiver(port),
        *([_token(url)] if live else []),
    ]
    frame = pl.DataFrame([finding.row(language) for finding in findings])
    bad = frame.filter(pl.col("state") == "bad").height
    if as_json:
        shared.print_json({"findings": frame, "bad": bad})
    else:
        named = frame.with_columns(pl.col("what").replace(section("doctor_check", language)))
        shared.print_table(translate("cli.doctor", language), named, language, most=len(findings))
        shared.print_line(translate("cli.to_mend" if bad else "cli.all_well", language, count=bad))
    if bad:
        raise typer.Exit(3)


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", "version", {"version": platform.python_version()})
    yield Finding("msgframe", "ok", "version", {"version": mf.__version__})
    for name in _LIBRARIES:
        try:
            yield Finding(name, "ok", "version", {"version": version(name)})
        except PackageNotFoundError:
            yield Finding(name, "bad", "missing")


def _account() -> Iterator[Finding]:
    try:
        settings = credentials.ClientSettings()
    except ValidationError as refused:
        first = refused.errors()[0]
        name = f"MSGFRAME_{'_'.join(map(str, first['loc'])).upper()}"
        yield Finding("settings", "bad", "settings", {"name": name, "message": first["msg"]})
        return
    yield Finding("url", "ok", "url", {"url": settings.url})
    if settings.token is not None:
        yield Finding("account", "ok", "account_token")
    elif settings.customer_id and settings.password:
        yield Finding("account", "ok", "account_password", {"account": settings.customer_id[:5]})
    else:
        yield Finding("account", "note", "no_account")


def _clock() -> Finding:
    now = datetime.now(UTC)
    moment = {"moment": f"{now:%Y-%m-%d %H:%M:%S}"}
    return Finding("clock", "bad" if now < _RELEASED else "ok", "clock", moment)


def _zone(name: str) -> Finding:
    try:
        local = datetime.now(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return Finding("zone", "bad", "no_zone", {"zone": name})
    return Finding("zone", "ok", "zone", {"zone": name, "moment": f"{local:%H:%M}"})


def _journal(path: Path) -> Finding:
    if not path.exists():
        return Finding("journal", "note", "no_journal", {"path": path})
    try:
        with mf.Journal(path) as journal:
            campaigns = journal.campaigns()
    except MsgframeError as refused:
        return Finding("journal", "bad", "journal_broken", {"error": refused})
    counts = {"campaigns": campaigns.height, "unknown": int(campaigns["unknown"].sum())}
    return Finding("journal", "note" if counts["unknown"] else "ok", "journal", counts)


def _disk(path: Path) -> Finding:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    gigabytes = {"free": free / (1 << 30)}
    return Finding("disk", "bad" if free < _LEAST_FREE else "ok", "disk", gigabytes)


def _receiver(port: int) -> Finding:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return Finding("receiver", "note", "no_receiver", {"port": port})
    return Finding("receiver", "ok", "receiver", {"port": port})


def _token(url: str | None) -> Finding:
    try:
        with mf.Client(url) as client:
            client.authenticate()
    except MsgframeError as refused:
        return Finding("token", "bad", "no_token", {"error": refused})
    return Finding("token", "ok", "token")
