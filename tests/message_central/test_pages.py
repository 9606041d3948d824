"""The page at `/`: what a person sees, and what it hides."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.requests import Request

from msgframe import sandbox
from msgframe.message_central.sandbox.server import is_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARAMS = {
    "type": "SMS",
    "flowType": "SMS",
    "senderId": "UTOMOB",
    "countryCode": "91",
    "mobileNumber": "9816111111",
}


@pytest.fixture
def vendor() -> Iterator[sandbox.Sandbox]:
    with sandbox.serve() as vendor:
        yield vendor


def send(vendor: sandbox.Sandbox, message: str) -> None:
    headers = {"authToken": vendor.token}
    params = {**PARAMS, "message": message}
    httpx.post(vendor.url + "/verification/v3/send", params=params, headers=headers)


def test_page_of_an_untouched_sandbox(vendor: sandbox.Sandbox):
    """Before the first request there is a page that says so."""
    page = httpx.get(vendor.url + "/")

    assert page.status_code == 200
    assert "No request yet." in page.text
    assert vendor.customer_id in page.text


def test_page_shows_requests_texts_and_receipts(vendor: sandbox.Sandbox):
    """A person sees what came, what was refused and why, and how it ended."""
    send(vendor, "Hola Amit")
    httpx.post(vendor.url + "/verification/v3/send", headers={"authToken": vendor.token})

    page = httpx.get(vendor.url).text

    assert "Hola Amit" in page
    assert "flowType is missing" in page
    assert "DELIVRD" in page


def test_page_escapes_and_masks(vendor: sandbox.Sandbox):
    """A text cannot write markup into the page, and numbers show only their ends."""
    send(vendor, "<script>alert(1)</script> llama al +91 98161 11111")

    page = httpx.get(vendor.url)

    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "9816111111" not in page.text
    assert "98161 11111" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_page_keeps_secrets(vendor: sandbox.Sandbox):
    """Neither the password nor a token stands on the page."""
    send(vendor, "hola")

    assert vendor.password not in vendor.page
    assert vendor.token.rpartition(".")[2] not in vendor.page


def test_page_can_be_live(vendor: sandbox.Sandbox):
    """With `?live` the browser asks again by itself; without it the page stands still."""
    assert httpx.get(vendor.url + "/?live").headers["Refresh"] == "2"
    assert "Refresh" not in httpx.get(vendor.url + "/").headers


@pytest.mark.parametrize(
    ("client", "near"),
    [(("127.0.0.1", 5), True), (("::1", 5), True), (("192.168.1.7", 5), False), (None, False)],
)
def test_page_is_for_this_machine_only(client, near):
    """The page asks for no password, so nobody else gets it."""
    scope = {"type": "http", "client": client, "headers": []}

    assert is_local(Request(scope)) is near


def test_run_serves_until_interrupted():
    """`run` says how to log in, serves, and ends on Ctrl-C without a traceback."""
    code = "from msgframe import sandbox; sandbox.run(port=0)"
    child = subprocess.Popen(
        [sys.executable, "-W", "error", "-u", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = child.stdout.readline().partition("http")[2].split()[0]
        deadline = time.monotonic() + 20
        while True:
            try:
                page = httpx.get("http" + url)
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        child.send_signal(2)
        said, complained = child.stdout.read(), child.stderr.read()
        child.wait(timeout=10)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()

    assert page.status_code == 200
    assert "export MSGFRAME_PASSWORD='wonder" in said
    assert complained == ""
    assert child.returncode == 0


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_page_in_a_browser(vendor: sandbox.Sandbox, tmp_path: Path):
    """Chromium draws the page: the text stands in the document that it made of it."""
    send(vendor, "Hola <b>Amit</b>")

    drawn = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-sync",
            "--no-first-run",
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            vendor.url + "/",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    assert "Hola &lt;b&gt;Amit&lt;/b&gt;" in drawn
