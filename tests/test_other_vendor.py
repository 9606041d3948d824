"""The street with another vendor, written here: whoever offers what `core.vendor` asks for will do.

It takes JSON and no files, has ids, limits and settings of its own, calls back with fields and
words of its own, and needs nothing of `message_central`.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import polars as pl
import pytest

import msgframe as mf
from msgframe.core.vendor import CallbackFields, RequestSizes
from msgframe.errors import (
    ColumnsError,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SettingsError,
    Throttled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# What `plan` knows of it.


@dataclass(frozen=True)
class AcmeLimits:
    """What one request may hold; `body_bytes` is a limit that no other vendor has."""

    body_bytes: int = 400
    list_numbers: int = 4
    file_rows: int = 0
    handful: int = 0
    segments: int = 3


class Acme:
    """A vendor of JSON requests; a campaign has a `brand` and an `urgency`, and nothing else."""

    modes = ("single", "list")
    limits = AcmeLimits()
    sizes = RequestSizes(
        text=lambda text: text.str.len_bytes() + text.str.count_matches(r'["\\]'),
        most_per_byte=2,
        number=pl.concat_str("country_code", "mobile").str.len_bytes() + 2,
        longest_number=17,
        separator=1,
        container="JSON",
    )

    def check_settings(self, *, brand: str, urgency: str = "low") -> dict[str, str | None]:
        """Keep the settings in the columns of a plan that come nearest."""
        if urgency not in ("low", "high"):
            raise SettingsError(f"plan(urgency={urgency!r}): there are 'low', 'high'.")
        return {"sender_id": brand, "message_type": urgency}

    def capacity(self, settings: Any, limits: AcmeLimits, /) -> int:
        return limits.body_bytes - len(_body(settings["sender_id"], "high", "", []))

    def unsafe_in_file(self, rows: Any, limits: Any, /, *, capacity: int) -> pl.Series:
        raise AssertionError("files are not offered")


ACME = Acme()

#: What `read_callbacks` knows of it. The words are some that no table of msgframe has.
ACME_CALLBACKS = CallbackFields(
    headers={
        "message_id": ("batch",),
        "status": ("outcome",),
        "error_code": ("trouble",),
        "mobile": ("to",),
        "submitted": ("sent at",),
        "done": ("ended at",),
    },
    spellings={
        "delivered": ("arrived",),
        "undelivered": ("bounced",),
        "enroute": ("in transit",),
    },
    zone="Europe/Madrid",
)


# What `send` knows of it.


@dataclass(frozen=True)
class Accepted:
    """An answer; the ids are the vendor's, one for each request."""

    status: int
    verification_id: str | None
    transaction_id: str | None
    code: int = 0


class AcmeClient:
    """A connection for each request, a token in the usual header."""

    vendor = "acme.example"

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def request(self, rows: pl.DataFrame, /) -> bytes:
        """Write the rows of a plan as JSON: the number as it is dialled, the text once."""
        first = rows.row(0, named=True)
        to = rows.select(pl.concat_str("country_code", "mobile")).to_series().to_list()
        return _body(first["sender_id"], first["message_type"], first["text"], to)

    def send(self, request: bytes, /) -> Accepted:
        connection = HTTPConnection(self._address, timeout=5)
        try:
            connection.connect()
        except OSError as error:
            raise NotSent(f"acme.example could not be reached ({error}).") from None
        try:
            connection.request("POST", "/messages", request, {"Authorization": "Bearer seed"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise OutcomeUnknown(f"no answer ({error!r})") from None
        finally:
            connection.close()
        if response.status == 429:
            raise Throttled("too many requests", status=429, retry_after=0.01)
        if response.status != 202:
            raise Rejected(answer["problem"], code=answer["number"], status=response.status)
        return Accepted(202, None, answer["batch"])


def _body(brand: str, urgency: str, text: str, to: list[str]) -> bytes:
    request = {"brand": brand, "urgency": urgency, "text": text, "to": to}
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


# The vendor itself, at the other end of a socket.


class AcmeServer(ThreadingHTTPServer):
    """Takes requests, and says afterwards how each ended; what it does next is in `faults`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), AcmeHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.batches: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.faults: list[str] = []

    @property
    def read_by_people(self) -> list[tuple[int, str]]:
        return sorted((int(to), batch["text"]) for batch in self.batches for to in batch["to"])

    def callbacks(self) -> list[dict[str, Any]]:
        """Tell of every message: those to a number that ends in 7 bounced."""
        pairs = [(n, to) for n, batch in enumerate(self.batches) for to in batch["to"]]
        return [
            {
                "batch": f"B{n}",
                "to": f"+{to}",
                "outcome": "BOUNCED" if to.endswith("7") else "Arrived",
                "trouble": "E-42" if to.endswith("7") else None,
                "sent at": "2026-03-02 10:00:00",
                "ended at": "2026-03-02 10:00:05",
            }
            for n, to in pairs
        ]


class AcmeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AcmeServer

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        match self.server.faults.pop(0) if self.server.faults else None:
            case "busy":
                self._answer(429, {})
            case "refuse":
                self._answer(422, {"problem": "no such brand", "number": 17})
            case "vanish":
                self.server.batches.append(json.loads(content))
                self.close_connection = True
            case _:
                assert self.headers["Authorization"] == "Bearer seed"
                self.server.sizes.append(len(content))
                self.server.batches.append(json.loads(content))
                self._answer(202, {"batch": f"B{len(self.server.batches) - 1}"})

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def serving() -> Iterator[AcmeServer]:
    server = AcmeServer()
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server() -> Iterator[AcmeServer]:
    with serving() as server:
        yield server


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[mf.Journal]:
    with mf.Journal(tmp_path / "acme.db") as journal:
        yield journal


def planned(template: str = "Hola ##Var1##", count: int = 30, **settings: Any) -> pl.DataFrame:
    """Render a template for people in Spain, every third of them called Ana, and plan it."""
    people = pl.select(
        country_code=pl.lit("34"),
        mobile=(612_300_000 + pl.int_range(count)).cast(pl.String),
        msisdn=34_612_300_000 + pl.int_range(count),
        Var1=pl.when(pl.int_range(count) % 3 == 0)
        .then(pl.lit("Ana"))
        .otherwise(pl.format("Eva {}", pl.int_range(count))),
    )
    messages = mf.render(people, template)
    return mf.plan(messages, campaign="acme", **{"vendor": ACME, "brand": "ANA", **settings})


def send(
    plan: pl.DataFrame, server: AcmeServer, journal: mf.Journal, **settings: Any
) -> pl.DataFrame:
    return mf.send(plan, AcmeClient(server.url), journal, progress=False, **settings)


def test_the_whole_street(server: AcmeServer, journal: mf.Journal):
    """Everybody reads their text once, and each receipt finds its message."""
    plan = planned(urgency="high")

    sent = send(plan, server, journal)
    receipts = mf.read_callbacks(server.callbacks(), fields=ACME_CALLBACKS)
    deliveries, orphans = mf.track(sent, receipts)

    assert server.read_by_people == sorted(plan.select("msisdn", "text").rows())
    assert max(server.sizes) <= ACME.limits.body_bytes
    assert max(len(batch["to"]) for batch in server.batches) == ACME.limits.list_numbers
    assert {(batch["brand"], batch["urgency"]) for batch in server.batches} == {("ANA", "high")}
    assert set(sent["state"]) == {"accepted"}
    assert orphans.is_empty()
    lost = deliveries.filter(status="undelivered")
    assert lost["msisdn"].to_list() == [34_612_300_007, 34_612_300_017, 34_612_300_027]
    assert set(lost["error_code"]) == {"E-42"}
    assert deliveries.filter(status="delivered").height == plan.height - lost.height
    assert set(deliveries["matched_by"]) == {"transaction_id"}


def test_dates_are_in_its_zone(server: AcmeServer, journal: mf.Journal):
    """A date without a mark is read in the vendor's own zone: ten in Madrid is nine in UTC."""
    send(planned(count=1), server, journal)

    receipts = mf.read_callbacks(server.callbacks(), fields=ACME_CALLBACKS)

    assert receipts["submitted_at"].dt.hour().to_list() == [9]


def test_its_words_are_its_own():
    """Without its callback fields nobody knows what its words for a status mean."""
    receipt = {"message id": "B0", "to": "+34612300000", "status": "Arrived"}

    assert mf.read_callbacks([receipt])["status"].to_list() == ["unknown"]
    assert mf.read_callbacks([receipt], fields=ACME_CALLBACKS)["status"].to_list() == ["delivered"]


def test_a_second_send_is_silent(server: AcmeServer, journal: mf.Journal):
    """What the journal holds does not go again, whoever the vendor is."""
    plan = planned()
    first = send(plan, server, journal)
    batches = len(server.batches)

    assert send(plan, server, journal).equals(first)
    assert len(server.batches) == batches


def test_its_faults_are_told_apart(server: AcmeServer, journal: mf.Journal):
    """A busy vendor is asked again, a refusal is a failure, and silence is not known."""
    server.faults = ["busy", "refuse", "vanish"]

    sent = send(planned("Hola", count=12), server, journal, concurrency=1)

    states = sent.group_by("request", maintain_order=True).first()
    assert states["state"].to_list() == ["failed", "unknown", "accepted"]
    assert states["response_code"].to_list() == [17, None, 0]
    assert len(server.read_by_people) == 8  # those of the silent request are among them


def test_its_own_limits_and_settings_hold():
    """What is too long for its requests is held; a setting that it lacks is no setting."""
    plan = planned("ñ" * 190, count=2)

    assert plan["held"].str.starts_with("too_long").to_list() == [True, True]
    with pytest.raises(SettingsError, match="urgency='soon'"):
        planned(urgency="soon")
    with pytest.raises(TypeError, match="template_id"):
        planned(template_id="1")


def test_no_setting_is_lost_in_silence():
    """A setting that no column of a plan holds would not reach the request, so it is refused."""

    class Chatty(Acme):
        def check_settings(self, **settings: Any) -> dict[str, str | None]:
            return {**super().check_settings(**settings), "colour": "red"}

    with pytest.raises(ColumnsError, match="'colour'"):
        planned(vendor=Chatty())
