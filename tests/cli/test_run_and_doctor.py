"""`msgframe run` and `msgframe doctor`: for the person who is not looking."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import polars as pl
import pytest

import msgframe as mf
from msgframe import cli, receiver, sandbox

DATA = Path(__file__).parents[2] / "data"
JOB = """
[campaign]
name = "saldo-noviembre"
sheet = "recipients.xlsx"
template = "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"
sender_id = "UTOMOB"
message_type = "TRANSACTION"
country = "91"

[limits]
max_rejected = 0.2
max_messages = 5_000

[outputs]
callbacks = "callbacks.jsonl"
language = "es"
"""


@pytest.fixture
def job(tmp_path, monkeypatch) -> Path:
    """Give a campaign file beside its sheet."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(DATA / "recipients.xlsx", tmp_path)
    (tmp_path / "campaign.toml").write_text(JOB)
    return tmp_path / "campaign.toml"


@pytest.fixture
def vendor(monkeypatch):
    """Play the vendor, with its account in the environment."""
    with sandbox.serve() as played:
        monkeypatch.setenv("MSGFRAME_CUSTOMER_ID", played.customer_id)
        monkeypatch.setenv("MSGFRAME_PASSWORD", played.password)
        monkeypatch.setenv("MSGFRAME_URL", played.url)
        yield played


def _run(capsys, *arguments) -> tuple[int, str, list[dict]]:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.err.splitlines() if line.startswith("{")]
    return int(ended.value.code or 0), printed.out + printed.err, lines


def test_a_job_goes_from_the_sheet_to_the_report_and_again_sends_nothing(job, vendor, capsys):
    """Each step is a line of JSON; a second run finds everything sent, and the receipts."""
    code, _, lines = _run(capsys, "run", job)
    assert code == 0
    assert [line["event"] for line in lines] == ["read", "checked", "planned", "sent", "reported"]
    sends = vendor.requests.filter(operation="send").height
    vendor.export(job.parent / "callbacks.jsonl")

    code, _, lines = _run(capsys, "run", job, "--json")
    assert code == 0
    assert vendor.requests.filter(operation="send").height == sends
    assert lines[-1]["delivered"] > 1_000
    page = (job.parent / "out" / "report.html").read_text(encoding="utf-8")
    assert "De la hoja al teléfono" in page


def test_opt_outs_of_a_job_may_be_a_workbook(job, capsys):
    """Whoever is on the list beside the job is not written to."""
    people = mf.check(mf.read(DATA / "recipients.xlsx").sheet, country="91").accepted
    pl.DataFrame({"Phone": [f"+{people['msisdn'][0]}"]}).write_excel(job.parent / "stop.xlsx")
    job.write_text(JOB.replace('country = "91"', 'country = "91"\nsuppress = "stop.xlsx"'))
    accepted = [line for line in _run(capsys, "run", job, "--dry")[2] if "accepted" in line]
    job.write_text(JOB)
    without = [line for line in _run(capsys, "run", job, "--dry")[2] if "accepted" in line]
    assert accepted[0]["accepted"] < without[0]["accepted"]


def test_a_dry_run_sends_nothing(job, capsys):
    """No account is needed to see what would be sent."""
    code, _, lines = _run(capsys, "run", job, "--dry")
    assert code == 0
    assert lines[-1]["event"] == "planned"
    assert (job.parent / "out" / "plan.parquet").exists()


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ('sheet = "recipients.xlsx"', "", 2, "campaign.sheet: Field required"),
        ("max_messages", "max_mesages", 2, "limits.max_mesages: Extra inputs are not permitted"),
        ("max_rejected = 0.2", "max_rejected = 0.01", 1, "rejected"),
        ('"TRANSACTION"', '"MARKETING"', 2, "campaign.message_type"),
        ("[limits]", "[limits", 2, "is not TOML"),
        ("##Var1##", "##Nombre##", 2, "Nombre"),
    ],
)
def test_a_job_that_cannot_run_says_why(job, capsys, old, new, code, said):
    """The exit code tells wrong use from bad data, and nothing was written."""
    job.write_text(JOB.replace(old, new))
    ended, printed, _ = _run(capsys, "run", job)
    assert ended == code
    assert said in printed
    assert "Traceback" not in printed
    assert not (job.parent / "out").exists()


def test_doctor_finds_an_account_and_a_journal(job, vendor, capsys):
    """Live, it asks the vendor for a token; nothing bad is found."""
    _run(capsys, "run", job)
    code, out, _ = _run(capsys, "doctor", "--live", "--json")
    findings = {row["what"]: row for row in json.loads(out)["findings"]}
    assert code == 0
    assert findings["token"]["state"] == "ok"
    assert findings["journal"]["found"].startswith("1 campaigns, 0 requests unknown")
    assert vendor.password not in out


def test_doctor_names_what_is_to_mend(tmp_path, monkeypatch, capsys):
    """A wrong password and a wrong zone are bad; exit code 3."""
    monkeypatch.chdir(tmp_path)
    with sandbox.serve() as played:
        monkeypatch.setenv("MSGFRAME_CUSTOMER_ID", played.customer_id)
        monkeypatch.setenv("MSGFRAME_PASSWORD", "wrong")
        code, out, _ = _run(
            capsys, "doctor", "--live", "--url", played.url, "--zone", "Asia/Nowhere", "--json"
        )
    bad = {row["what"] for row in json.loads(out)["findings"] if row["state"] == "bad"}
    assert code == 3
    assert bad == {"token", "zone"}


def test_doctor_speaks_spanish(tmp_path, monkeypatch, capsys):
    """What is looked at, how it is, and what to do."""
    monkeypatch.chdir(tmp_path)
    code, out, _ = _run(capsys, "doctor", "--zone", "Asia/Nowhere", "--language", "es")
    assert code == 3
    assert re.search(r"reloj +bien", out)
    assert re.search(r"zona horaria +mal +no existe la zona 'Asia/Nowhere' +Nombra una", out)
    assert "1 por corregir." in out


def test_a_report_needs_no_more_than_the_journal(job, vendor, capsys):
    """Without receipts all is pending, and that is said; a store beside the journal is found."""
    _run(capsys, "run", job)
    journal = job.parent / "out" / "journal.db"

    code, out, _ = _run(capsys, "report", journal, "--html", "r.html", "--xlsx", "r.xlsx")

    assert code == 0
    assert "every message is pending" in out
    assert (job.parent / "r.html").exists()
    assert (job.parent / "r.xlsx").exists()
    with receiver.serve(journal.with_name("callbacks.db"), port=0) as inbox:
        mobile = str(vendor.messages["country_code"][0]) + str(vendor.messages["mobile"][0])
        now = datetime.now(ZoneInfo("Asia/Kolkata")).strftime("%Y-%m-%d %H:%M:%S")
        body = {"messageId": "x", "status": "DELIVRD", "mobile": mobile, "submitDate": now}
        assert httpx.post(inbox.url, json=body).status_code == 200
    told = json.loads(_run(capsys, "report", journal, "--json")[1])
    assert told["funnel"][-1]["rows"] == 1
