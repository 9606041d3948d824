"""The examples' data: the same bytes every time, and as messy as promised."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import phonenumbers
import polars as pl
import pytest

if TYPE_CHECKING:
    from types import ModuleType

DATA = Path(__file__).parents[2] / "data"
NAMES = ["sample_message_now.xlsx", "recipients.xlsx", "callbacks.jsonl"]


@pytest.fixture(scope="module")
def make_data() -> ModuleType:
    spec = spec_from_file_location("make_data", DATA / "make_data.py")
    module = module_from_spec(spec)
    sys.modules["make_data"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(make_data: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_data.main(folder)
    return folder


def cells(path: Path) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(path)
    return [row for sheet in book for row in sheet.iter_rows(values_only=True)]


def test_same_bytes_every_time(make_data: ModuleType, made: Path, tmp_path: Path):
    """Made twice, each file is the same to the last byte."""
    make_data.main(tmp_path)

    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


@pytest.mark.parametrize("name", NAMES[:2])
def test_committed_sheets_are_what_the_script_makes(made: Path, name: str):
    """The files in the repository hold the script's cells, whoever packed them."""
    assert cells(DATA / name) == cells(made / name)


def test_committed_callbacks_are_what_the_script_makes(made: Path):
    """The export in the repository is the script's."""
    assert (DATA / NAMES[2]).read_text() == (made / NAMES[2]).read_text()


def test_files_are_small():
    """The messy sheet stays well under 300 kB."""
    assert (DATA / "recipients.xlsx").stat().st_size < 300_000


def test_sample_is_the_vendors_own():
    """Three rows, text cells, a number twice, and none that libphonenumber calls valid."""
    header, *people = cells(DATA / "sample_message_now.xlsx")

    assert header == ("Country", "Mobile", "Var1", "Var2", "Var3")
    assert [row[1] for row in people] == ["12345678901", "23456789012", "12345678901"]
    parsed = [phonenumbers.parse(f"+{row[0]}{row[1]}") for row in people]
    assert not any(phonenumbers.is_valid_number(number) for number in parsed)


def test_meant_numbers_are_mobiles(make_data: ModuleType):
    """Every number that a row means is one that libphonenumber would text."""
    meant = {row.msisdn for row in make_data.rows() if row and row.msisdn}
    types = {phonenumbers.number_type(phonenumbers.parse("+" + number)) for number in meant}

    mobile, either = phonenumbers.PhoneNumberType.MOBILE, 2
    assert types <= {mobile, either}


def test_share_of_sendable_rows(make_data: ModuleType):
    """About 2,000 rows, 85 to 90 of 100 sendable, and every reason to reject at least ten times."""
    people = [row for row in make_data.rows() if row]
    reasons = pl.Series([row.reason for row in people]).drop_nulls().value_counts()

    assert 1_900 <= len(people) <= 2_100
    assert 0.85 <= sum(row.msisdn is not None for row in people) / len(people) <= 0.9
    assert set(make_data.REJECTS) == set(reasons.to_series())
    assert reasons["count"].min() >= 10


def test_traps_of_the_workbook(make_data: ModuleType):
    """A hidden sheet stands first; there are hidden rows, a filter, blank rows and copies."""
    book = openpyxl.load_workbook(DATA / "recipients.xlsx")
    old, sheet = book.worksheets
    made = make_data.rows()
    people = [row for row in made if row]

    hidden = [number for number, row in sheet.row_dimensions.items() if row.hidden]
    assert (old.sheet_state, sheet.sheet_state) == ("hidden", "visible")
    assert len(hidden) == sum(row.hidden for row in people) == 11
    assert sheet.auto_filter.ref.startswith("A1:F")
    assert made.count(None) >= 12
    assert len(people) - len(set(people)) >= 10


def test_callbacks_fit_the_sheet(make_data: ModuleType):
    """Every receipt is of a number that the sheet means."""
    meant = {row.msisdn for row in make_data.rows() if row and row.msisdn}
    receipts = pl.read_ndjson(DATA / "callbacks.jsonl")

    assert set(receipts["mobile"]) <= meant
    assert set(receipts["status"]) == {
        "DELIVRD",
        "ENROUTE",
        "EXPIRED",
        "REJECTD",
        "UNDELIV",
        "UNKNOWN",
    }
