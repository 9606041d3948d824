"""While it happens: `send`, `receive`, `sandbox`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

import msgframe as mf
from msgframe.cli import shared
from msgframe.core.translation import translate


def send(
    plan: Annotated[
        Path, typer.Argument(exists=True, help="The plan.parquet that `msgframe plan` wrote.")
    ],
    *,
    confirm: Annotated[str, typer.Option(help="The plan's fingerprint, as `plan` printed it.")],
    journal: Annotated[
        str | None, typer.Option(help="Journal: a file or a postgresql:// URL; beside the plan.")
    ] = None,
    url: shared.Url = None,
    resend_unknown: Annotated[
        bool,
        typer.Option(help="Repeat requests of unknown outcome: people may get it twice."),
    ] = False,
    resend_failed: Annotated[
        bool, typer.Option(help="Send again what the vendor refused, once the reason is mended.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Requests per second at most.")
    ] = None,
    waves: Annotated[
        int | None, typer.Option(min=1, help="Send so many waves in this run, then stop.")
    ] = None,
    as_json: shared.Json = False,
) -> None:
    """Send a plan; what the journal holds is not sent again.

    Stopped, killed or refused, it goes on where it was when it is run again.

    Example: msgframe send out/plan.parquet --confirm 7f3a
    """
    target = journal or plan.with_name("journal.db")
    with mf.Client(url) as client, mf.Journal(target) as opened:
        sent = mf.send(
            shared.read_parquet(plan),
            client,
            opened,
            confirm=confirm,
            resend_unknown=resend_unknown,
            resend_failed=resend_failed,
            rate=rate,
            waves=waves,
        )
    path = shared.write_parquet(sent, plan.with_name("sent.parquet"))
    states = sent.group_by("state").agg(rows=pl.len(), error=pl.col("error").first()).sort("state")
    if as_json:
        shared.print_json({"sent": str(path), "states": states})
    else:
        shared.print_table(translate("cli.states"), states)
        shared.print_line(translate("cli.written", files=path))
    shared.exit_unless_sent(sent)


def receive(
    *,
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8030,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    store: Annotated[
        str, typer.Option(help="Where callbacks are kept: a file or a postgresql:// URL.")
    ] = "callbacks.db",
    public_url: Annotated[
        str | None, typer.Option(help="How the vendor reaches it: https://sms.example.com.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(help="Addresses that may call; several times.")
    ] = None,
    customer_id: Annotated[str | None, typer.Option(help="For the e-mail to the vendor.")] = None,
    brand: Annotated[str | None, typer.Option(help="For the e-mail to the vendor.")] = None,
    email: Annotated[str | None, typer.Option(help="For the e-mail to the vendor.")] = None,
    language: shared.Language = "en",
) -> None:
    """Take the vendor's callbacks in, each stored before it is answered.

    Prints the e-mail that registers it with the vendor. A key in MSGFRAME_RECEIVER_KEY demands
    signed callbacks (HMAC).

    Example: msgframe receive --store callbacks.db --public-url https://sms.example.com
    """
    key = os.environ.get("MSGFRAME_RECEIVER_KEY")
    mf.receiver.run(
        store,
        host=host,
        port=port,
        public_url=public_url,
        customer_id=customer_id,
        brand=brand,
        email=email,
        language=language,
        **{name: value for name, value in {"allow": allow, "key": key}.items() if value},
    )


def sandbox(
    *,
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8025,
    seed: Annotated[int, typer.Option(help="Decides which messages are delivered.")] = 0,
    callback_url: Annotated[
        str | None, typer.Option(help="Where receipts are POSTed to, as the vendor does.")
    ] = None,
) -> None:
    """Play the vendor on this machine: same endpoints, same answers, nothing leaves.

    Example: msgframe sandbox --port 8025 --callback-url http://127.0.0.1:8030/callbacks/…
    """
    mf.sandbox.run(port=port, seed=seed, callback_url=callback_url)
