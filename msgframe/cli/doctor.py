"""Is everything in its place? `doctor` looks, and says what to do where it is not."""

from __future__ import annotations

import platform
import shutil
import socket
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
import typer
from pydantic import ValidationError

import msgframe as mf
from msgframe.cli import options
from msgframe.cli.console import print_json, print_line, print_table
from msgframe.core.translation import translate
from msgframe.errors import MsgframeError
from msgframe.message_central import client_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARIES = ("polars", "fastexcel", "xlsxwriter", "pandera", "httpx")

#: A clock before this was never set.
_RELEASED = datetime(2026, 1, 1, tzinfo=UTC)

_LEAST_FREE = 1 << 30


class Finding(NamedTuple):
    """What was looked at, how it is, what there was, and what to do."""

    what: str
    state: Literal["ok", "note", "bad"]
    found: str
    advice: str = ""


def doctor(
    *,
    journal: Annotated[Path, typer.Option(help="The journal to look into.")] = Path(
        "out/journal.db"
    ),
    zone: options.Zone = "Asia/Kolkata",
    port: Annotated[int, typer.Option(help="The port of your receiver.")] = 8030,
    url: options.Url = None,
    live: Annotated[bool, typer.Option(help="Also ask the vendor for a token.")] = False,
    as_json: options.Json = False,
) -> None:
    """Look whether everything is in its place; nothing is asked from outside without --live.

    Example: msgframe doctor --journal out/journal.db
    """
    findings = [
        *_versions(),
        *_account(),
        _clock(),
        _zone(zone),
        _journal(journal),
        _disk(journal),
        _receiver(port),
        *([_token(url)] if live else []),
    ]
    frame = pl.DataFrame(findings, schema=list(Finding._fields), orient="row")
    bad = frame.filter(pl.col("state") == "bad").height
    if as_json:
        print_json({"findings": frame, "bad": bad})
    else:
        print_table(translate("cli.doctor"), frame, most=len(findings))
        print_line(translate("cli.to_mend" if bad else "cli.all_well", count=bad))
    if bad:
        raise typer.Exit(3)


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", platform.python_version())
    yield Finding("msgframe", "ok", mf.__version__)
    for name in _LIBRARIES:
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield Finding(name, "bad", "missing", "pip install --upgrade msgframe")


def _account() -> Iterator[Finding]:
    try:
        settings = client_settings.ClientSettings()
    except ValidationError as refused:
        first = refused.errors()[0]
        name = f"MSGFRAME_{'_'.join(map(str, first['loc'])).upper()}"
        yield Finding("settings", "bad", f"{name}: {first['msg']}", "Mend it, or unset it.")
        return
    yield Finding("url", "ok", settings.url)
    if settings.token is not None:
        yield Finding("account", "ok", "a ready token (MSGFRAME_TOKEN)")
    elif settings.customer_id and settings.password:
        yield Finding("account", "ok", f"{settings.customer_id[:5]}… with a password")
    else:
        advice = "Set MSGFRAME_CUSTOMER_ID and MSGFRAME_PASSWORD, or MSGFRAME_TOKEN."
        yield Finding("account", "note", "none in the environment or .env", advice)


def _clock() -> Finding:
    now = datetime.now(UTC)
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < _RELEASED:
        return Finding("clock", "bad", shown, "Set the clock: receipts are matched by time.")
    return Finding("clock", "ok", shown)


def _zone(name: str) -> Finding:
    try:
        local = datetime.now(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return Finding("zone", "bad", f"no zone {name!r}", "Name one such as Asia/Kolkata.")
    return Finding("zone", "ok", f"{name}, now {local:%H:%M}")


def _journal(path: Path) -> Finding:
    if not path.exists():
        return Finding("journal", "note", f"none at {path}", "`msgframe send` makes it.")
    try:
        with mf.Journal(path) as journal:
            campaigns = journal.campaigns()
    except MsgframeError as refused:
        return Finding("journal", "bad", str(refused), "Name another, or restore a backup.")
    unknown = int(campaigns["unknown"].sum())
    counts = f"{campaigns.height} campaigns, {unknown} requests unknown"
    advice = "`msgframe track` settles them by their receipts." if unknown else ""
    return Finding("journal", "note" if unknown else "ok", counts, advice)


def _disk(path: Path) -> Finding:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    shown = f"{free / (1 << 30):,.1f} GiB free"
    if free < _LEAST_FREE:
        return Finding("disk", "bad", shown, "Make room: a full disk stops a campaign.")
    return Finding("disk", "ok", shown)


def _receiver(port: int) -> Finding:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return Finding(
            "receiver", "note", f"nothing listens on port {port}", "Start `msgframe receive`."
        )
    return Finding("receiver", "ok", f"something listens on port {port}")


def _token(url: str | None) -> Finding:
    try:
        with mf.Client(url) as client:
            client.authenticate()
    except MsgframeError as refused:
        return Finding("token", "bad", str(refused), "Check the account with the vendor.")
    return Finding("token", "ok", "the vendor gave one")
