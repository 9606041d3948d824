"""Receipts are read from whatever they come in, and no record is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from msgframe import frames
from msgframe.errors import ColumnsError, SettingsError, SheetError, UsageError
from msgframe.receipts import read_callbacks, read_problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VENDOR: dict[str, Any] = {
    "apiKey": None,
    "clientId": None,
    "messageId": "a2e87214-d18c-4a2e-b7f4-802c4465a9b9",
    "status": "DELIVRD",
    "errorCode": 0,
    "countryCode": None,
    "mobile": "919999999999",
    "submitDate": "2023-11-02 13:59:18",
    "doneDate": "2023-11-02 13:59:22",
}

SEVERAL = [VENDOR, VENDOR | {"messageId": "007", "status": "UNDELIV", "errorCode": "008"}]


def _written(folder: Path, suffix: str, receipts: Sequence[dict[str, Any]] = SEVERAL) -> Path:
    path = folder / f"export{suffix}"
    frame = pl.DataFrame(
        [
            {key: None if value is None else str(value) for key, value in one.items()}
            for one in receipts
        ]
    )
    match suffix:
        case ".json":
            path.write_text(json.dumps(receipts, ensure_ascii=False))
        case ".jsonl":
            path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in receipts))
        case ".csv":
            frame.write_csv(path)
        case ".tsv":
            frame.write_csv(path, separator="\t")
        case ".xlsx":
            frame.write_excel(path)
        case ".parquet":
            frame.write_parquet(path)
    return path


def test_the_vendors_own_record():
    """The vendor's documented example is read whole."""
    read = read_callbacks([VENDOR])

    assert read.schema == frames.columns("callbacks")
    assert read.row(0, named=True) == {
        "message_id": "a2e87214-d18c-4a2e-b7f4-802c4465a9b9",
        "msisdn": 919999999999,
        "status": "delivered",
        "raw_status": "DELIVRD",
        "error_code": "0",
        "submitted_at": datetime(2023, 11, 2, 8, 29, 18, tzinfo=UTC),
        "done_at": datetime(2023, 11, 2, 8, 29, 22, tzinfo=UTC),
        "received_at": None,
    }


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv", ".tsv", ".xlsx", ".parquet"])
def test_every_kind_of_export_reads_the_same(suffix: str, tmp_path: Path):
    """The kind of file makes no difference."""
    assert_frame_equal(read_callbacks(_written(tmp_path, suffix)), read_callbacks(SEVERAL))


def test_a_hidden_sheet_is_not_read_for_the_visible_one(tmp_path: Path):
    """The receipts are those that a person sees, not an old one in a hidden first sheet."""
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    for row in [("messageId", "status"), ("old", "UNDELIV")]:
        book.active.append(row)
    page = book.create_sheet("Receipts")
    for row in [("messageId", "status", "mobile", "doneDate")] + [
        (f"id-{number}", "DELIVRD", 919816111111 + number, datetime(2026, 3, 1, 9, 0, number))  # noqa: DTZ001  (Excel has no zones)
        for number in range(14)
    ]:
        page.append(row)
    book.save(path := tmp_path / "export.xlsx")

    read = read_callbacks(path, zone="UTC")

    assert read["message_id"].to_list() == [f"id-{number}" for number in range(14)]
    assert read["msisdn"][13] == 919816111124
    assert read["done_at"][13] == datetime(2026, 3, 1, 9, 0, 13, tzinfo=UTC)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl"])
def test_an_export_in_another_encoding_is_no_garbage(suffix: str, encoding: str, tmp_path: Path):
    """What Windows calls Unicode reads as UTF-8 does: 14 receipts are 14 rows."""
    receipts = [VENDOR | {"messageId": f"señal-{number}"} for number in range(14)]
    path = _written(tmp_path, suffix, receipts)
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))

    read = read_callbacks(path)

    assert_frame_equal(read, read_callbacks(receipts))
    assert read.height == 14


def test_excels_own_csv_is_read(tmp_path: Path):
    """Excel in Spain writes `;`, its code page, and may say so in a first line."""
    lines = ["sep=;", "Id Mensaje;Estado;Número", "señal;LEÍDO;34612345678", ""]
    path = tmp_path / "export.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))

    assert read_callbacks(path).select("message_id", "status", "msisdn").rows() == [
        ("señal", "read", 34612345678)
    ]


def test_typed_dates_of_a_parquet_keep_their_zones(tmp_path: Path):
    """A moment is a moment; only a date without a zone is a clock time of the vendor's."""
    at = datetime(2026, 3, 1, 9, 0, 0, 250_000, tzinfo=UTC)
    pl.DataFrame({"messageId": ["a"], "doneDate": [at]}).write_parquet(tmp_path / "a.parquet")

    assert read_callbacks(tmp_path / "a.parquet")["done_at"].item() == at


def test_problems_are_told_in_spanish():
    """Every sentence has its Spanish one."""
    records = [
        {"messageId": "a", "status": "GONE", "mobile": "x", "doneDate": "soon"},
        {"brand": 1},
    ]

    told = read_problems(records, language="es")

    assert told.select("rule", "message").rows()[0] == (
        "bad_number",
        "El número no se puede leer.",
    )
    assert not set(told["message"]) & set(read_problems(records)["message"])
    with pytest.raises(UsageError, match="'fr'"):
        read_problems(records, language="fr")


def test_a_folder_is_all_of_its_exports(tmp_path: Path):
    """A folder reads as its files do, one after the other."""
    for suffix in (".csv", ".jsonl"):
        _written(tmp_path, suffix)

    assert read_callbacks(tmp_path).height == 4


def test_reading_twice_changes_nothing():
    """What was read goes through unchanged."""
    read = read_callbacks(SEVERAL)

    assert_frame_equal(read_callbacks(read), read)


@pytest.mark.parametrize(
    "line",
    ['{"messageId": "x"', "not json", "[1, 2", '"text"', "NaN", "\x00", '{"messageId": {"a": 1}}'],
)
def test_a_broken_line_is_kept_and_told(line: str, tmp_path: Path):
    """A line that cannot be read is a row of its own and a problem; the others are read."""
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join([json.dumps(VENDOR), line, json.dumps(VENDOR)]))

    assert read_callbacks(path)["msisdn"].to_list()[::2] == [919999999999] * 2
    assert read_callbacks(path).height == 3
    assert read_problems(path).select("row", "rule", "source").rows()[0][0] == 2


def test_bytes_that_are_no_utf8_spoil_one_line(tmp_path: Path):
    """A broken byte is replaced; the rest of the file is read."""
    path = tmp_path / "export.jsonl"
    path.write_bytes(json.dumps(VENDOR).encode() + b'\n{"messageId": "caf\xe9"}\n')

    assert read_callbacks(path)["message_id"].to_list()[1] == "caf\ufffd"


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        ({"message_id": "a", "MSISDN": "+91 98161 11111"}, "msisdn", 919816111111),
        ({"messageId": 12345678901234567890}, "message_id", "12345678901234567890"),
        ({"Message ID": "a", "DLR status": "expired"}, "status", "expired"),
        ({"messageId": "a", "errorCode": "000"}, "error_code", "0"),
        ({"messageId": "a", "errorCode": None}, "error_code", None),
        ({"messageId": "a", "errorCode": 633}, "error_code", "633"),
        ({"messageId": "a", "estado": "CADUCADO"}, "status", "expired"),
        ({"messageId": "a", "status": "¿qué?"}, "raw_status", "¿qué?"),
        ({"messageId": "a", "countryCode": "34", "mobile": "612345678"}, "msisdn", 34612345678),
    ],
)
def test_other_spellings(record: dict[str, Any], field: str, value: object):
    """Other gateways' headers and values tell the same."""
    assert read_callbacks([record])[field].item() == value


def test_an_smpp_text_is_read():
    """SMPP's receipt text fills what its record does not say."""
    text = (
        "id:77 sub:001 dlvrd:001 submit date:2311021359 done date:2311021400 stat:UNDELIV err:009"
    )

    read = read_callbacks([{"short_message": text, "msisdn": "919816111111"}]).row(0, named=True)

    assert (read["message_id"], read["status"], read["error_code"]) == ("77", "undelivered", "9")
    assert read["done_at"] == datetime(2023, 11, 2, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 13), ("Asia/Kolkata", 8), ("Europe/Madrid", 12), ("Asia/Tokyo", 4)]
)
def test_dates_are_clock_times_in_the_zone(zone: str, hour: int):
    """A date without a zone is read in the one that is set."""
    assert read_callbacks([VENDOR], zone=zone)["submitted_at"].item().hour == hour


def test_an_unknown_zone_is_refused():
    """A zone that does not exist is said so."""
    with pytest.raises(SettingsError, match="Asia/Calcuta"):
        read_callbacks([VENDOR], zone="Asia/Calcuta")


def test_headers_may_be_named():
    """Headers that say nothing are read where they are named."""
    frame = pl.DataFrame({"A": ["x"], "B": ["DELIVRD"]})

    read = read_callbacks(frame, columns={"message_id": "A", "status": "B"})

    assert read.select("message_id", "status").row(0) == ("x", "delivered")


def test_a_named_header_must_be_there():
    """A header that is not there is said so."""
    with pytest.raises(ColumnsError, match="'C'"):
        read_callbacks(pl.DataFrame({"A": ["x"]}), columns={"message_id": "C"})


def test_spellings_may_be_added():
    """A person's own spelling counts."""
    read = read_callbacks([{"messageId": "a", "status": "Fuera"}], spellings={"fuera": "rejected"})

    assert read["status"].item() == "rejected"


def test_a_missing_file_is_said(tmp_path: Path):
    """A file that is not there is an error, not an empty frame."""
    with pytest.raises(SheetError, match="no file"):
        read_callbacks(tmp_path / "none.csv")


def test_nothing_is_an_empty_frame(tmp_path: Path):
    """An empty export reads as no receipt."""
    path = tmp_path / "export.jsonl"
    path.write_text("")

    assert_frame_equal(read_callbacks(path), frames.empty("callbacks"))
    assert_frame_equal(read_callbacks([]), frames.empty("callbacks"))


def test_a_table_of_something_else_is_refused():
    """A table without ids and numbers is no table of receipts."""
    with pytest.raises(ColumnsError, match="'saldo'"):
        read_callbacks(pl.DataFrame({"saldo": ["12"], "status": ["DELIVRD"]}))


def test_typed_columns_are_read():
    """A frame may hold numbers and moments instead of text."""
    at = datetime(2023, 11, 2, 8, 29, 18, tzinfo=UTC)
    typed = pl.DataFrame(
        {"messageId": [17], "mobile": [919999999999.0], "errorCode": [0], "submitDate": [at]}
    )

    read = read_callbacks(typed).row(0, named=True)

    assert (read["message_id"], read["msisdn"]) == ("17", 919999999999)
    assert (read["error_code"], read["submitted_at"]) == ("0", at)


def test_columns_in_another_order_and_a_mark_at_the_start(tmp_path: Path):
    """A CSV from Excel begins with a byte order mark, and may be cut by semicolons."""
    path = tmp_path / "export.csv"
    path.write_bytes("\ufeffestado;numero\nENTREGADO;919816111111\n".encode())

    read = read_callbacks(path)

    assert read.select("status", "msisdn").row(0) == ("delivered", 919816111111)
