"""The vendor's own reader and renderer: what spreadsheets write, and what nobody should."""

from __future__ import annotations

import time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import xlsxwriter

from msgframe.message_central.sandbox import xlsx_reader
from msgframe.message_central.sandbox.api import ApiRefusal
from msgframe.message_central.sandbox.xlsx_reader import fill, fill_in_turn, read

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

AWKWARD = [
    "<&>\"'",
    "]]>",
    "  leading and trailing  ",
    "line\nbreak",
    "tab\there",
    "👍🏽 José नमस्ते",
    "=cmd|' /C calc'!A0",
    "00043",
    "##Var2##",
    "_x0041_",
    "x" * 32_767,
]


def package(sheet: str, shared: str | None = None) -> bytes:
    """Zip a sheet's rows, written by hand, into what passes for a workbook."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
        )
        if shared is not None:
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{shared}</sst>')
    return made.getvalue()


def row(number: int, *texts: str) -> str:
    cells = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        for letter, text in zip("ABCDEFG", texts, strict=False)
    )
    return f'<row r="{number}">{cells}</row>'


def with_xlsxwriter(rows: list[list[object]], **options: object) -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made, options) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write(number, column, cell)
    return made.getvalue()


def with_openpyxl(rows: list[list[object]]) -> bytes:
    book, made = openpyxl.Workbook(), BytesIO()
    for cells in rows:
        book.active.append(cells)
    book.save(made)
    return made.getvalue()


HEADER = ["Country", "Mobile", "Var1"]


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("inline", [True, False])
def test_awkward_texts_arrive_whole(text: str, inline: bool):
    """Shared or inline, a text is read as it was written."""
    made = with_xlsxwriter([HEADER, ["91", "9816111111", text]], constant_memory=inline)

    assert read(made)[0].variables == [text]


def test_control_characters_are_unescaped():
    """What XML cannot hold comes as `_xHHHH_`."""
    made = package(row(1, *HEADER) + row(2, "91", "9816111111", "a_x0007_b_x000D_"))

    assert read(made)[0].variables == ["a\x07b\r"]


def test_numbers_are_read_as_they_stand():
    """A number cell has the digits of its XML."""
    made = with_openpyxl([HEADER, [91, 9816111111, 35.5]])

    person = read(made)[0]
    assert (person.country, person.mobile, person.variables) == ("91", "9816111111", ["35.5"])


def test_rich_text_is_joined_without_its_reading_aid():
    """The runs of a shared string are one text; phonetic hints are no part of it."""
    runs = '<r><t xml:space="preserve">Ana </t></r><r><rPr><b/></rPr><t>María</t></r>'
    aid = "<rPh sb='0' eb='1'><t>x</t></rPh>"
    shared = "".join(f"<si><t>{title}</t></si>" for title in HEADER) + f"<si>{runs}{aid}</si>"
    header = "".join(f'<c r="{"ABC"[n]}1" t="s"><v>{n}</v></c>' for n in range(3))
    cells = '<c r="A2"><v>91</v></c><c r="B2"><v>9816111111</v></c><c r="C2" t="s"><v>3</v></c>'
    made = package(f'<row r="1">{header}</row><row r="2">{cells}</row>', shared)

    assert read(made)[0].variables == ["Ana María"]


def test_outer_blanks_count_only_where_marked():
    """Without `xml:space` a spreadsheet drops outer blanks, and so does the vendor."""
    made = package(
        row(1, *HEADER) + row(2, "91", "9816111111", " a ").replace(' xml:space="preserve"', "")
    )

    assert read(made)[0].variables == ["a"]


def test_cells_and_rows_without_reference():
    """References are optional: without them cells follow one another."""
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in HEADER)
    people = "".join(f"<c><v>{value}</v></c>" for value in (91, 9816111111, 7))
    made = package(f"<row>{cells}</row><row>{people}</row>")

    assert [(p.mobile, p.variables) for p in read(made)] == [("9816111111", ["7"])]


def test_columns_in_any_order_and_blank_rows():
    """Columns are found by their titles, blank rows are passed over, blank cells are ''."""
    made = with_xlsxwriter(
        [
            ["Var2", "MOBILE", "Note", " country ", "Var1"],
            [None, "9816111111", "x", "91", "Ana"],
            [None, None, None, None, None],
            ["b", "9816111112", "x", "91", None],
        ]
    )

    assert [(p.mobile, p.variables) for p in read(made)] == [
        ("9816111111", ["Ana", ""]),
        ("9816111112", ["", "b"]),
    ]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hola ##var##", "Hola Ana"),
        ("##VAR1## ##Var2## ##var3##", "Ana ##var1## "),
        ("# #var ## ##varx## ##var 1## ##", "# #var ## ##varx## ##var 1## ##"),
        ("##var##var##", "Anavar##"),
        ("no place", "no place"),
    ],
)
def test_fill(template: str, text: str):
    """One pass, any case, `##var##` is the first; what is no place stays as it is."""
    assert fill(template, ["Ana", "##var1##"]) == text


def test_fill_again():
    """The other way a vendor may do it: a value that looks like a place is filled as well."""
    assert fill("##var## ##Var2##", ["##VAR2##", "Ana"]) == "##VAR2## Ana"
    assert fill_in_turn("##var## ##Var2##", ["##VAR2##", "Ana"]) == "Ana Ana"
    assert fill_in_turn("##var1## ##var3##", ["Ana"]) == "Ana "


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"", "not a readable"),
        (b"Country,Mobile\n91,9816111111\n", "not a readable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 encrypted", "not a readable"),
        (package(""), "no header"),
        (package(row(1, *HEADER)), "no recipient"),
        (package(row(1, "Pais", "Movil")), "Country, Mobile"),
        (package("<row"), "not a readable"),
        (package('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), "not a readable"),
    ],
)
def test_broken_workbooks_are_refused(broken: bytes, said: str):
    """What is no workbook of recipients is refused with code 400 and a reason."""
    with pytest.raises(ApiRefusal, match=said) as refused:
        read(broken)

    assert refused.value.code == 400


def test_entities_are_refused():
    """A document type, and with it any entity that grows, is refused before it can."""
    bomb = BytesIO()
    with ZipFile(bomb, "w") as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        )

    with pytest.raises(ApiRefusal):
        read(bomb.getvalue())


def test_zip_bombs_are_refused(monkeypatch: pytest.MonkeyPatch):
    """A part that unpacks to more than the bound is left at the bound."""
    monkeypatch.setattr(xlsx_reader, "MAX_BYTES", 1_000_000)
    bomb = package(" " * 30_000_000)

    assert len(bomb) < 100_000
    with pytest.raises(ApiRefusal, match="not a readable"):
        read(bomb)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch):
    """A file of more rows than the vendor takes is refused whole."""
    monkeypatch.setattr(xlsx_reader, "MAX_ROWS", 10)
    rows = [HEADER, *(["91", f"98161111{n:02}", "x"] for n in range(11))]

    with pytest.raises(ApiRefusal, match="more than 10 rows"):
        read(with_xlsxwriter(rows))


@pytest.mark.slow
def test_fifty_thousand_rows_in_seconds():
    """A file of the largest careful size is read in a few seconds."""
    rows = [HEADER, *(["91", f"{9_000_000_000 + n}", f"Ana {n}"] for n in range(50_000))]
    made = with_xlsxwriter(rows, constant_memory=True)

    began = time.process_time()
    people = read(made)

    assert len(people) == 50_000
    assert people[-1].variables == ["Ana 49999"]
    assert time.process_time() - began < 20
