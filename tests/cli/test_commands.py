"""The command line: what it prints, what it writes, how it exits."""

from __future__ import annotations

import gc
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from msgframe import cli, frames, testing
from msgframe.core.translation import section

DATA = Path(__file__).parents[2] / "data"
COMMANDS = ["check", "demo", "plan", "preview", "receive", "report", "sandbox", "send", "track"]
TEMPLATE = "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command in an empty folder; give its exit code, what it printed, what it complained."""
    monkeypatch.chdir(tmp_path)

    def _run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return _run


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(run, command):
    """--help names every option and ends well."""
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"msgframe {command}" in out


def test_demo_walks_the_whole_street_and_again_sends_nothing(run):
    """The files are all there, the sums hold, and a second run adds no message."""
    code, out, _ = run("demo", DATA / "recipients.xlsx", "--json")
    first = json.loads(out)
    assert code == 0
    assert all(law["holds"] for law in first["sums"])
    assert {Path(file).name for file in first["files"]} == {
        "accepted.xlsx",
        "callbacks.jsonl",
        "deliveries.parquet",
        "deliveries.xlsx",
        "plan.parquet",
        "rejected.xlsx",
        "report.html",
    }
    assert all(Path(file).stat().st_size for file in first["files"])

    code, out, _ = run("demo", DATA / "recipients.xlsx", "--json")
    assert code == 0
    assert json.loads(out)["funnel"] == first["funnel"]


def test_demo_prints_its_outcome_for_a_person(run):
    """Funnel, segments, statuses and what was rejected, without a whole phone number."""
    code, out, _ = run("demo", DATA / "recipients.xlsx")
    assert code == 0
    for title in ("From the sheet to the handset", "Segments", "What became of the messages"):
        assert title in out
    numbers = pl.read_parquet("out/plan.parquet")["mobile"].to_list()
    assert not [number for number in numbers if number in out]


@pytest.mark.parametrize("command", ["demo", "check"])
def test_a_command_speaks_the_language_that_it_is_asked_for(run, command):
    """Headings, headers, words in cells and sentences: none of ours is left in English."""
    code, out, _ = run(command, DATA / "recipients.xlsx", "--country", "91", "--language", "es")

    english = {**section("cli"), **section("column"), **section("severity")}
    spanish = {**section("cli", "es"), **section("column", "es"), **section("severity", "es")}
    words = {word.strip() for line in out.splitlines() for word in re.split(r"\s{2,}", line)}
    assert code == (1 if command == "check" else 0)
    assert "Qué había de raro en el archivo" in words
    assert "gravedad" in words
    assert words & (set(english.values()) - set(spanish.values())) == set()


@pytest.mark.parametrize("command", ["check", "report"])
def test_a_language_that_nobody_speaks_is_refused(run, command):
    """The complaint names those that there are."""
    testing.deliveries(rows=5).write_parquet("deliveries.parquet")
    file = "deliveries.parquet" if command == "report" else DATA / "recipients.xlsx"
    code, _, complaint = run(command, file, "--language", "eo")
    assert code == 2
    assert "there are 'en', 'es'" in complaint


def test_verbs_as_commands(run):
    """check, preview, plan, send, track and report: the street on foot, one file to the next."""
    from msgframe import sandbox

    shutil.copy(DATA / "recipients.xlsx", "sheet.xlsx")
    where = ("sheet.xlsx", "--country", "91")
    assert run("check", *where)[0] == 1  # some rows are bad, and a script must know
    assert run("preview", *where, "-t", TEMPLATE)[0] == 0
    code, out, _ = run(
        "plan", *where, "-t", TEMPLATE, "--campaign", "c", "--sender", "UTOMOB",
        "--type", "TRANSACTION", "--json",
    )  # fmt: skip
    planned = json.loads(out)
    assert code == 0
    with sandbox.serve() as vendor, pytest.MonkeyPatch.context() as env:
        env.setenv("MSGFRAME_CUSTOMER_ID", vendor.customer_id)
        env.setenv("MSGFRAME_PASSWORD", vendor.password)
        send = ("send", planned["plan"], "--url", vendor.url, "--confirm")
        assert run(*send, "0000")[0] == 2
        assert vendor.requests.is_empty()
        assert run(*send, planned["fingerprint"])[0] == 0
        vendor.export("callbacks.csv")
    assert run("track", "out/sent.parquet", "callbacks.csv")[0] == 0
    code, out, _ = run(
        "report", "out/deliveries.parquet", "--html", "r.html", "--xlsx", "r.xlsx", "--json"
    )
    assert code == 0
    assert all(law["holds"] for law in json.loads(out)["sums"])
    assert Path("r.html").stat().st_size > 10_000


def test_a_mended_workbook_comes_back(run):
    """Cells mended in the rejects workbook are taken, the rest is as it was."""
    shutil.copy(DATA / "recipients.xlsx", "sheet.xlsx")
    run("check", "sheet.xlsx", "--country", "91")
    book = openpyxl.load_workbook("out/rejected.xlsx")
    rows = book["Rows"]
    mobile, reasons = (
        next(cell.column for cell in rows[1] if str(cell.value).startswith(name))
        for name in ("Mobile", "Reasons")
    )
    told = [str(row[0].value) for row in rows.iter_rows(min_col=reasons, max_col=reasons)]
    bad = next(n for n, reason in enumerate(told, 1) if "has letters in it" in reason)
    rows.cell(bad, 1).value = "91"
    rows.cell(bad, mobile).value = "98161 00001"
    book.save("mended.xlsx")

    before = json.loads(run("check", "sheet.xlsx", "--country", "91", "--json")[1])
    code, out, _ = run("check", "sheet.xlsx", "--country", "91", "--merge", "mended.xlsx", "--json")

    after = json.loads(out)
    assert code == 1
    assert after["changes"] in {1, 2}  # the country, where it was another, and the number
    assert after["accepted"] == before["accepted"] + 1


PLAN = ["--campaign", "c", "--sender", "UTOMOB", "--type", "TRANSACTION", "--country", "91"]


def test_a_plan_waits_spreads_and_is_tried_on_one_number(run):
    """The schedule's words are those of `plan`, and a test send goes to one number only."""
    when = ["--start", "2026-03-02T10:00+05:30", "--spread", "60", "--hours", "--canary", "0.01"]
    code, out, _ = run(
        "plan", DATA / "recipients.xlsx", "-t", TEMPLATE, *PLAN, *when,
        "--test-send", "91", "9816111111", "--json",
    )  # fmt: skip
    assert code == 0
    assert len(json.loads(out)["written"]) == 2
    assert pl.read_parquet("out/plan.parquet")["wave"].n_unique() > 2
    assert pl.read_parquet("out/test_send.parquet")["msisdn"].unique().to_list() == [919816111111]


@pytest.mark.parametrize("start", ["tomorrow", "2026-03-02T10:00"])
def test_a_start_without_a_zone_is_refused(run, start):
    """Nobody knows when that is."""
    code, _, complaint = run(
        "plan", DATA / "recipients.xlsx", "-t", TEMPLATE, *PLAN, "--start", start
    )
    assert code == 2
    assert start.split("T", maxsplit=1)[0][:4] in complaint


def test_a_recipe_is_saved_and_replayed(run):
    """Next month's sheet is checked the same way, without saying it again."""
    shutil.copy(DATA / "recipients.xlsx", "sheet.xlsx")
    first = run("check", "sheet.xlsx", "--country", "91", "--save-recipe", "r.toml", "--json")
    again = run("check", "sheet.xlsx", "--recipe", "r.toml", "--json")
    assert json.loads(again[1])["accepted"] == json.loads(first[1])["accepted"]


def test_report_prints_every_table(run):
    """A person sees the tables without opening a file."""
    testing.deliveries(rows=50).write_parquet("deliveries.parquet")
    code, out, _ = run("report", "deliveries.parquet")
    assert code == 0
    assert "delivered" in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["demo", "nowhere.xlsx"], 2, "There is no nowhere.xlsx here"),
        (["check", "nowhere.xlsx"], 2, "nowhere.xlsx"),
        (["report", "nowhere.parquet"], 2, "nowhere.parquet"),
        (["sedn"], 2, "No such command 'sedn'"),
        (["check"], 2, "Missing"),
        (["plan", "x.xlsx", "--type", "MARKETING"], 2, "MARKETING"),
    ],
)
def test_wrong_use_is_told_in_a_line_or_two(run, arguments, code, said):
    """Exit code 2 and the next step, without a traceback."""
    ended, _, complaint = run(*arguments)
    assert ended == code
    assert said in complaint
    assert "Traceback" not in complaint


def test_a_broken_sheet_is_told(run):
    """Exit code 1, no traceback, nothing written."""
    Path("broken.xlsx").write_bytes(b"PK\x03\x04 not really")
    code, _, complaint = run("check", "broken.xlsx")
    assert code == 1
    assert "broken.xlsx" in complaint
    assert "Traceback" not in complaint
    assert not Path("out").exists()


def test_an_unwritable_folder_is_told(run):
    """Exit code 3, with the path."""
    Path("out").write_text("a file where the folder should be")
    code, _, complaint = run("check", DATA / "recipients.xlsx", "--country", "91")
    assert code == 3
    assert "out" in complaint


@pytest.fixture
def small_disk(tmp_path):
    """Give a folder on a disk of 96 KiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("a full disk is a small file system, which only root may mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


# XlsxWriter leaves its own file open when the disk is full, and Python says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("command", ["check", "demo"])
def test_a_full_disk_is_told_and_leaves_no_half_file(run, small_disk, command):
    """Exit code 3, the next step, and every file that is there can be read."""
    code, _, complaint = run(
        command, DATA / "recipients.xlsx", "--country", "91", "--out", small_disk / "out"
    )
    assert code == 3
    assert "disk is full" in complaint or "No space left" in complaint
    assert "Traceback" not in complaint
    for file in (small_disk / "out").glob("*.xlsx"):
        openpyxl.load_workbook(file)
    assert not [*(small_disk / "out").glob(".*")]
    gc.collect()  # so that Python says it here, and not in another test


def test_a_stopped_check_still_says_what_to_mend(run):
    """Too many bad rows: nothing is ready to upload, but the rows to mend are written."""
    code, _, complaint = run(
        "check", DATA / "recipients.xlsx", "--country", "91", "--max-rejected", "0.01"
    )
    assert code == 1
    assert "max_rejected" in complaint
    assert Path("out/rejected.xlsx").exists()
    assert not Path("out/accepted.xlsx").exists()


def test_opt_outs_may_come_as_a_workbook(run):
    """Whoever is on the list is rejected, in whatever spelling and format the list is."""
    sheet = pl.DataFrame({"Mobile": ["+91 98161 11111", "7715131105"]})
    sheet.write_csv("people.csv")
    pl.DataFrame({"Phone": ["0091-7715131105"]}).write_excel("stop.xlsx")
    code, out, _ = run(
        "check", "people.csv", "--country", "91", "--suppress", "stop.xlsx", "--json"
    )
    assert code == 1
    assert json.loads(out)["accepted"] == 1


def test_a_watch_sees_receipts_come_in_and_ends_on_ctrl_c(tmp_path):
    """The statuses change while the file grows; Ctrl-C is a good end."""
    sent = testing.deliveries(rows=3).drop(frames.columns("track"))
    sent.write_parquet(tmp_path / "sent.parquet")
    export = tmp_path / "callbacks.jsonl"
    receipt = '{"messageId": "m%d", "status": "DELIVRD", "mobile": "%d", "submitDate": "%s"}\n'
    when = "2026-03-02 14:30:01"  # a second past nine UTC, by the vendor's clock
    numbers = sent["msisdn"].to_list()
    export.write_text(receipt % (0, numbers[0], when))
    command = [sys.executable, "-m", "msgframe", "track", "sent.parquet", export.name, "--watch"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        time.sleep(3)
        with export.open("a") as file:
            file.write(receipt % (1, numbers[1], when))
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        shown = process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert re.search(r"pending +1\n *delivered +2", shown)


@pytest.mark.parametrize("where", ["before", "behind"])
def test_quiet_prints_nothing_but_errors(run, where):
    """For cron: the files are written, the exit code tells the rest."""
    shutil.copy(DATA / "recipients.xlsx", "sheet.xlsx")
    command = ["check", "sheet.xlsx", "--country", "91"]
    words = ["--quiet", *command] if where == "before" else [*command, "--quiet"]
    assert run(*words) == (1, "", "")
    assert Path("out/rejected.xlsx").exists()
    code, out, complaint = run("--quiet", "report", "nowhere.parquet")
    assert (code, out) == (2, "")
    assert "nowhere.parquet" in complaint
    assert "rows read" in run(*command)[1]
