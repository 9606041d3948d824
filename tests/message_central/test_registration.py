"""What is printed for the vendor: the e-mail that registers the receiver."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from msgframe.message_central import registration_email

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://sms.example.com/callbacks/s3cret"

RUN = """
import sys
from msgframe import receiver

receiver.run(
    sys.argv[1],
    port=int(sys.argv[2]),
    secret="s3cret",
    public_url="https://sms.example.com/",
    customer_id="C-1",
    language="es",
)
"""


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "SMS Callback Integration"),
        ("es", "Integración de devolución de llamadas por SMS con Message Central"),
    ],
)
def test_the_vendors_own_address_and_subject(language, subject: str):
    """Address and subject are those that the vendor's documentation names."""
    text = registration_email(URL, language=language)

    assert text.startswith(f"To: operations@messagecentral.com\nSubject: {subject}\n\n")


@pytest.mark.parametrize("language", ["en", "es"])
def test_all_that_the_vendor_asks_for(language):
    """URL, customer id, brand and e-mail stand in it; what is missing is a blank to fill in."""
    whole = registration_email(
        URL, customer_id="C-1", brand="Acme", email="ops@acme.example", language=language
    )

    assert all(fact in whole for fact in (URL, "C-1", "Acme", "ops@acme.example"))
    assert registration_email(URL, language=language).count("____") > registration_email(
        URL, brand="A"
    ).count("____")


def test_a_receiver_prints_it(tmp_path: Path):
    """A receiver that starts prints the e-mail with its public URL, and ends in order."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", RUN, str(tmp_path / "callbacks.db"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=10)

    assert process.returncode == 0
    assert f"    {URL}\n" in printed
    assert "ID de cliente:        C-1" in printed
