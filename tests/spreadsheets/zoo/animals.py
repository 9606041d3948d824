"""Hostile and odd files, made anew from a seed: `python tests/zoo/animals.py folder`.

Each is a name, the bytes, and what `read` must make of it: the rows, or a part of the sentence
that refuses it. None is a file from the wild; each shows one thing that files of the wild do.
"""

from __future__ import annotations

import io
import random
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATED = "http://schemas.openxmlformats.org/package/2006/relationships"
ROWS = [(2, "91", "9816111111")]


class Animal(NamedTuple):
    """A file, and what must become of it."""

    name: str
    data: bytes
    #: Part of the error's message, or the rows as read.
    outcome: str | list[tuple]


def cells(*rows: str) -> str:
    """Give a worksheet's XML around rows."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def text(reference: str, value: str, more: str = "") -> str:
    return f'<c r="{reference}"{more} t="inlineStr"><is><t>{value}</t></is></c>'


HEADER = f'<row r="1">{text("A1", "Country")}{text("B1", "Mobile")}</row>'
PERSON = f'<row r="2">{text("A2", "91")}{text("B2", "9816111111")}</row>'
GOOD = cells(HEADER, PERSON)
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def sheets(*names: str, **states: str) -> str:
    """Give a workbook's XML with sheets of these names."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"'
        + (f' state="{states[name]}"' if name in states else "")
        + "/>"
        for at, name in enumerate(names, 1)
    )
    return f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'


def relations(*targets: tuple[str, str], more: str = "") -> str:
    """Give the relations of a part: kind and target, numbered from 1."""
    listed = "".join(
        f'<Relationship Id="rId{at}" Type="{OFFICE}/{kind}" Target="{target}"{more}/>'
        for at, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{RELATED}">{listed}</Relationships>'


def parts(sheet: str | bytes = GOOD, **changed: str | bytes | None) -> dict[str, str | bytes]:
    """Give the parts of a small workbook, some changed or (None) left out."""
    made: dict[str, str | bytes | None] = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": sheets("Sheet1"),
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("sharedStrings", "sharedStrings.xml"),
            ("styles", "styles.xml"),
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>only</t></si></sst>',
        "xl/styles.xml": styles("General"),
        **{NAMES[key]: value for key, value in changed.items()},
    }
    return {name: data for name, data in made.items() if data is not None}


NAMES = {
    "workbook": "xl/workbook.xml",
    "related": "xl/_rels/workbook.xml.rels",
    "strings": "xl/sharedStrings.xml",
    "styles": "xl/styles.xml",
}


def styles(*codes: str) -> str:
    """Give a workbook's styles: style 0 is General, the next ones have these formats."""
    own = "".join(
        f'<numFmt numFmtId="{164 + at}" formatCode="{code}"/>' for at, code in enumerate(codes)
    )
    used = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(codes)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{own}</numFmts>'
        f'<cellXfs><xf numFmtId="0"/>{used}</cellXfs></styleSheet>'
    )


def packed(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Give a zip file of parts, with the same bytes each time."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def xlsx(sheet: str | bytes = GOOD, **changed: str | bytes | None) -> bytes:
    return packed(parts(sheet, **changed))


def with_repeat(name: str, other: str) -> bytes:
    """Give a workbook whose directory lists a part twice, under `name` and `other`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for part, data in parts().items():
            archive.writestr(zipfile.ZipInfo(part), data)
        info = zipfile.ZipInfo("@" * len(other))
        archive.writestr(info, cells(HEADER))
    return file.getvalue().replace(b"@" * len(other), other.encode())


def patched(data: bytes, part: str, field: int, value: bytes) -> bytes:
    """Give a zip file with some bytes of a part's entry in the directory changed."""
    directory = data.rindex(part.encode()) - 46
    at = directory + field
    return data[:at] + value + data[at + len(value) :]


def ole(*streams: str) -> bytes:
    """Give the outside of an OLE file with these names in it."""
    names = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + names.ljust(4096, b"\0")


def ole_with_late_directory() -> bytes:
    """Give the outside of a large encrypted workbook, whose names stand at its end."""
    first = 2_500
    header = bytearray(ole()[:512])
    struct.pack_into("<H16xI", header, 30, 9, first)
    return (
        bytes(header)
        + bytes(first * 512)
        + "EncryptedPackage".encode("utf-16-le").ljust(4096, b"\0")
    )


def overlapping() -> bytes:
    """Give a zip file in which two parts are the same bytes."""
    data = xlsx()
    start = zipfile.ZipFile(io.BytesIO(data)).getinfo("xl/workbook.xml").header_offset
    return patched(data, "xl/styles.xml", 42, struct.pack("<I", start))


def bomb(part: str, mebibytes: int = 300) -> bytes:
    """Give a workbook one part of which is mostly blanks and inflates a thousandfold."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    crc, packed_data = 0, bytearray()
    block = b" " * 2**20
    for _ in range(mebibytes):
        crc = zlib.crc32(block, crc)
        packed_data += pack.compress(block)
    packed_data += pack.flush()
    data = packed({name: "@@@@" if name == part else value for name, value in parts().items()}, 0)
    sizes = struct.pack("<III", crc, len(packed_data), mebibytes * 2**20)
    return _respliced(data, part, bytes(packed_data), sizes)


def _respliced(data: bytes, part: str, content: bytes, sizes: bytes) -> bytes:
    """Put other content under a part, deflated, with its sizes in both headers."""
    info = zipfile.ZipFile(io.BytesIO(data)).getinfo(part)
    start = info.header_offset + 30 + len(part)
    local = bytearray(data[info.header_offset : start])
    local[8:10], local[14:26] = b"\x08\x00", sizes
    grown = data[: info.header_offset] + bytes(local) + content + data[start + info.file_size :]
    shift = len(content) - info.file_size
    end = grown.rindex(b"PK\x05\x06")
    directory = struct.unpack_from("<I", grown, end + 16)[0] + shift
    out = bytearray(grown)
    struct.pack_into("<I", out, end + 16, directory)
    at = directory
    while out[at : at + 4] == b"PK\x01\x02":
        name, extra, comment = struct.unpack_from("<HHH", out, at + 28)
        offset = struct.unpack_from("<I", out, at + 42)[0]
        if out[at + 46 : at + 46 + name] == part.encode():
            out[at + 10 : at + 12], out[at + 16 : at + 28] = b"\x08\x00", sizes
        elif offset > info.header_offset:
            struct.pack_into("<I", out, at + 42, offset + shift)
        at += 46 + name + extra + comment
    return bytes(out)


def foreign() -> list[Animal]:
    """Give files that are no workbook, whatever they are called."""
    beginnings = {
        "pdf": (b"%PDF-1.7\n", "PDF"),
        "png": (b"\x89PNG\r\n\x1a\n", "PNG"),
        "jpeg": (b"\xff\xd8\xff\xe0", "JPEG"),
        "gif": (b"GIF89a", "GIF"),
        "rtf": (b"{\\rtf1 a}", "RTF"),
        "gzip": (b"\x1f\x8b\x08\x00", "gzip"),
        "7z": (b"7z\xbc\xaf\x27\x1c", "7z"),
        "rar": (b"Rar!\x1a\x07\x00", "RAR"),
        "bzip2": (b"BZh91AY", "bzip2"),
        "xz": (b"\xfd7zXZ\x00", "xz"),
        "zstd": (b"(\xb5/\xfd\x04", "zstd"),
        "sqlite": (b"SQLite format 3\x00", "SQLite"),
        "elf": (b"\x7fELF\x02\x01\x01", "program"),
        "html": (b"<!DOCTYPE html><table><tr><td>1</td></tr></table>", "web page"),
        "html table": (b"\n<HTML><table><tr><td>1</td></tr></table>", "web page"),
        "excel 2003 xml": (b'<?xml version="1.0"?><Workbook/>', "XML"),
        "encrypted": (ole("Root Entry", "EncryptedPackage"), "password"),
        "encrypted, directory last": (ole_with_late_directory(), "password"),
        "word 97": (ole("Root Entry", "WordDocument"), "old Office"),
        "parquet cut": (b"PAR1" + b"\x15\x00" * 40, "damaged parquet"),
        "arrow cut": (b"ARROW1\x00\x00" + b"\xff" * 40, "damaged arrow"),
        "empty": (b"", "0 bytes"),
        "zeros": (b"\0" * 4096, "zero bytes"),
        "noise": (random.Random(1).randbytes(4096), "zero bytes"),
        "only blanks": (b" \n\n \n", "no table"),
    }
    return [Animal(name, data, outcome) for name, (data, outcome) in beginnings.items()]


def zips() -> list[Animal]:
    """Give zip files that are damaged, or made to do damage."""
    good = xlsx()
    sheet = "xl/worksheets/sheet1.xml"
    many = {**parts(), **{f"junk/{at}": b"" for at in range(20_001)}}
    return [
        Animal("cut in half", good[: len(good) // 2], "directory"),
        Animal("head only", b"PK\x03\x04", "directory"),
        Animal("no part", b"PK\x05\x06" + bytes(18), "no workbook"),
        Animal("zip of something", packed({"a.txt": "a"}), "no workbook"),
        Animal("word", packed({"[Content_Types].xml": "", "word/document.xml": ""}), "Word"),
        Animal("powerpoint", packed({"[Content_Types].xml": "", "ppt/a.xml": ""}), "PowerPoint"),
        Animal("encrypted part", patched(good, sheet, 8, b"\x01\x00"), "password"),
        Animal("lzma", packed(parts(), zipfile.ZIP_LZMA), "packed by a method"),
        Animal("wrong checksum", patched(good, sheet, 16, b"\1\2\3\4"), "checksum"),
        Animal("size too small", patched(good, sheet, 24, struct.pack("<I", 10)), "checksum"),
        Animal("size too large", patched(good, sheet, 24, struct.pack("<I", 10**6)), "checksum"),
        Animal("offset outside", patched(good, sheet, 42, struct.pack("<I", 2**30)), "damaged"),
        Animal("deflate broken", _broken_deflate(good), "damaged"),
        Animal("part twice", with_repeat(sheet, sheet), "twice"),
        Animal("part twice by case", with_repeat(sheet, sheet.upper()), "twice"),
        Animal("part twice by slash", with_repeat(sheet, sheet.replace("/", "\\")), "twice"),
        Animal("parts overlap", overlapping(), "overlap"),
        Animal("bomb in the sheet", bomb(sheet), "zip bomb"),
        Animal("bomb in the strings", bomb("xl/sharedStrings.xml"), "zip bomb"),
        Animal("bomb in the styles", bomb("xl/styles.xml"), "zip bomb"),
        Animal("20,000 parts", packed(many, 0), "parts"),
        Animal("stored", packed(parts(), zipfile.ZIP_STORED), ROWS),
        Animal("bytes after the end", good + b"\0" * 100, ROWS),
        Animal("upper case names", packed({k.upper(): v for k, v in parts().items()}), ROWS),
        Animal("backslashes", packed({k.replace("/", "\\"): v for k, v in parts().items()}), ROWS),
        Animal("streamed", _streamed(), ROWS),
    ]


def _broken_deflate(data: bytes) -> bytes:
    info = zipfile.ZipFile(io.BytesIO(data)).getinfo("xl/worksheets/sheet1.xml")
    at = info.header_offset + 30 + len(info.filename) + 5
    return data[:at] + b"\xff" * 20 + data[at + 20 :]


def _streamed() -> bytes:
    """Give a workbook written to a pipe: sizes stand after the parts."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, block: bytes) -> int:
            self.data += block
            return len(block)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts().items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return bytes(pipe.data)


def packages() -> list[Animal]:
    """Give workbooks whose parts do not fit together, or that reach outside."""
    outside = relations(("worksheet", "http://127.0.0.1:9/x.xml"), more=' TargetMode="External"')
    macro = relations(("xlMacrosheet", "worksheets/sheet1.xml"))
    chart = relations(("chartsheet", "worksheets/sheet1.xml"))
    up = relations(("worksheet", "../../../../../../etc/passwd"))
    root = relations(("worksheet", "/etc/passwd"))
    rooted = relations(("worksheet", "/xl/worksheets/sheet1.xml"))
    return [
        Animal(
            "no sheet part",
            packed({k: v for k, v in parts().items() if "sheet1" not in k}),
            "missing",
        ),
        Animal("no relations", xlsx(related=None), "nothing tells"),
        Animal("sheet elsewhere", xlsx(related=outside), "nothing tells"),
        Animal("path upwards", xlsx(related=up), "missing"),
        Animal("path from the root", xlsx(related=root), "missing"),
        Animal("path from the package", xlsx(related=rooted), ROWS),
        Animal("macro sheet", xlsx(related=macro), "Excel 4 macro"),
        Animal("chart only", xlsx(related=chart), "no table"),
        Animal("all hidden", xlsx(workbook=sheets("Sheet1", Sheet1="hidden")), "no table"),
        Animal("very hidden", xlsx(workbook=sheets("Sheet1", Sheet1="veryHidden")), "no table"),
        Animal("no sheets", xlsx(workbook=sheets()), "no table"),
        Animal("workbook broken", xlsx(workbook="<workbook><sheets>"), "damaged"),
        Animal("workbook laughs", xlsx(workbook=LAUGHS + "<a>&b;</a>"), "document type"),
        Animal("styles outside", xlsx(styles=OUTSIDE + "<a>&x;</a>"), "document type"),
        Animal(
            "strings laugh",
            xlsx(strings=LAUGHS + "<sst><si><t>&b;</t></si></sst>"),
            "document type",
        ),
        Animal("macros", packed({**parts(), "xl/vbaProject.bin": "x"}), ROWS),
        Animal("no styles", xlsx(styles=None), ROWS),
        Animal("no strings", xlsx(strings=None), ROWS),
        Animal(
            "strings broken", xlsx(strings=f'<sst xmlns="{MAIN}"><si><t>a</si></sst>'), "damaged"
        ),
        Animal("xlsb", packed({"[Content_Types].xml": "", "xl/workbook.bin": "\x83\x01"}), "xlsb"),
    ]


def sheet_damage() -> list[Animal]:
    """Give sheets that are damaged, or made to do damage."""

    def one(cell: str) -> bytes:
        return xlsx(cells(HEADER, f'<row r="2">{cell}</row>'))

    deep = f"<worksheet>{'<a>' * 50_000}"
    equal = "".join(text(f"{letters(at)}1", "Mobile") for at in range(4_000))
    wide = "".join(text(f"{letters(at)}1", f"h{at}") for at in range(16_384))
    diagonal = [
        f'<row r="{at + 1}">{text(f"{letters(at)}{at + 1}", "x")}</row>' for at in range(9_000)
    ]
    column = '<col min="3" max="16384" hidden="1"/>'
    columns = f"<cols>{column * 400_000}</cols><sheetData>"
    long = f'<sst xmlns="{MAIN}"><si><t>{"x" * 1_000_000}</t></si></sst>'
    shares = [f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(2, 20_000)]
    places = styles("0." + "0" * 100_000)
    formats = styles(*[f"0.0&quot;{at}&quot;" for at in range(1_200)])
    numbers = [
        f'<row r="{at + 2}"><c r="A{at + 2}" s="{at + 1}"><v>1</v></c></row>' for at in range(1_200)
    ]
    return [
        Animal("not closed", xlsx(GOOD.replace("</row>", "", 1)), "damaged"),
        Animal("cut", xlsx(GOOD[:-40]), "damaged"),
        Animal("no sheet data", xlsx(f'<worksheet xmlns="{MAIN}"/>'), "no sheet holds"),
        Animal("noise for a sheet", xlsx(random.Random(2).randbytes(9_000)), "damaged"),
        Animal("bad utf-8", xlsx(GOOD.encode().replace(b"Mobile", b"Mob\xffle")), "damaged"),
        Animal(
            "laughs", xlsx(LAUGHS + cells(f'<row r="1">{text("A1", "&b;")}</row>')), "document type"
        ),
        Animal(
            "outside",
            xlsx(OUTSIDE + cells(f'<row r="1">{text("A1", "&x;")}</row>')),
            "document type",
        ),
        Animal("deep", xlsx(deep), "damaged"),
        Animal("past XFD", one(text("XFE2", "x")), "past XFD1048576"),
        Animal(
            "past the last row",
            xlsx(cells(HEADER, f'<row r="1048577">{text("A1048577", "x")}</row>')),
            "past XFD1048576",
        ),
        Animal("row zero", xlsx(cells(f'<row r="0">{text("A0", "x")}</row>')), "not in order"),
        Animal("row of ten digits", one(text("A9999999999", "x")), "no sheet holds"),
        Animal("no row in the reference", one(text("A", "x")), "no sheet holds"),
        Animal("rows out of order", xlsx(cells(PERSON, HEADER)), ROWS),
        Animal(
            "cell twice",
            xlsx(cells(HEADER, f'<row r="2">{text("A2", "x")}{text("A2", "y")}</row>')),
            "there twice",
        ),
        Animal("4,000 equal headers", xlsx(cells(f'<row r="1">{equal}</row>')), "stands twice"),
        Animal("16,384 headers", xlsx(cells(f'<row r="1">{wide}</row>')), "too large"),
        Animal("scattered wide", xlsx(cells(*diagonal)), "too large"),
        Animal("scattered", xlsx(cells(*diagonal[:3_000])), "scattered"),
        Animal("1,200 formats", xlsx(cells(HEADER, *numbers), styles=formats), "formats"),
        Animal("shared text not there", one('<c r="A2" t="s"><v>7</v></c>'), "shared text"),
        Animal("shared text below zero", one('<c r="A2" t="s"><v>-1</v></c>'), "shared text"),
        Animal("shared text of words", one('<c r="A2" t="s"><v>one</v></c>'), "shared text"),
        Animal("number of words", one('<c r="A2"><v>one</v></c>'), "should hold a number"),
        Animal("number without end", one('<c r="A2"><v>1e999</v></c>'), "should hold a number"),
        Animal("not a number", one('<c r="A2"><v>NaN</v></c>'), "should hold a number"),
        Animal("unknown type", one('<c r="A2" t="zz"><v>1</v></c>'), "no sheet holds"),
        Animal("unknown attribute", one('<c r="A2" zz="1"><v>1</v></c>'), "no sheet holds"),
        Animal("one text in every cell", xlsx(cells(HEADER, *shares), strings=long), "of text"),
        Animal("places", xlsx(cells(HEADER, numbers[0]), styles=places), [(2, "1", None)]),
        Animal("columns", xlsx(GOOD.replace("<sheetData>", columns)), ROWS),
        Animal("element in a value", one('<c r="A2"><v><b>1</b></v></c>'), "no sheet holds"),
        Animal("cell in a cell", one('<c r="A2"><c r="B2"><v>1</v></c></c>'), "no sheet holds"),
        Animal("text between", one('<c r="A2"><v>1</v></c>loose'), "no sheet holds"),
        Animal("cell of 2 MB", one(text("A2", "x" * 2_000_000)), "cell of"),
        Animal(
            "long attribute", one(f'<c r="A2" s="{"1" * 100_000}"><v>1</v></c>'), [(2, "1", None)]
        ),
    ]


def odd_sheets() -> list[Animal]:
    """Give sheets that no Excel spells so, and that any XML reader reads."""
    prefixed = GOOD.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    prefixed = prefixed.replace("xmlns=", "xmlns:x=")
    plain = (
        '<row><c t="inlineStr"><is><t>{}</t></is></c><c t="inlineStr"><is><t>{}</t></is></c></row>'
    )
    spaced = GOOD.replace("><", ">\n  <").replace("<t>\n  ", "<t>")
    pairs = cells(plain.format("Country", "Mobile"), plain.format("91", "9816111111"))
    runs = (
        "<r><t>98161</t></r><r><rPr><b/></rPr><t>11111</t></r><rPh sb='0' eb='1'><t>kana</t></rPh>"
    )
    others = '<si><t/></si><si/><si><t xml:space="preserve"> a </t></si>'
    rich = f'<sst xmlns="{MAIN}"><si>{runs}</si>{others}</sst>'
    shared = f'<row r="2">{text("A2", "91")}<c r="B2" t="s"><v>0</v></c></row>'

    def value(cell: str, shown: str | None, **changed: str) -> tuple[bytes, list[tuple]]:
        row = f'<row r="2">{text("A2", "91")}{cell}</row>'
        return xlsx(cells(HEADER, row), **changed), [(2, "91", shown)]

    dated = {"styles": styles("yyyy-mm-dd")}
    far = cells(HEADER, PERSON, f'<row r="1048576">{text("XFD1048576", "x")}</row>')
    since_1904 = sheets("Sheet1").replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    table = {
        "prefix and quotes": (xlsx(prefixed.replace('"', "'")), ROWS),
        "prefixes": (xlsx(prefixed), ROWS),
        "single quotes": (xlsx(GOOD.replace('"', "'")), ROWS),
        "comments": (xlsx(GOOD.replace("<row", "<!-- a --><row")), ROWS),
        "cdata": (xlsx(GOOD.replace("9816111111", "<![CDATA[9816111111]]>")), ROWS),
        "utf-16": (xlsx(('<?xml version="1.0" encoding="UTF-16"?>' + GOOD).encode("utf-16")), ROWS),
        "latin-1": (
            xlsx(('<?xml version="1.0" encoding="ISO-8859-1"?>' + GOOD).encode("latin-1")),
            ROWS,
        ),
        "byte order mark": (xlsx(b"\xef\xbb\xbf" + GOOD.encode()), ROWS),
        "indented": (xlsx(spaced), ROWS),
        "no references": (xlsx(pairs), ROWS),
        "processing instruction": (xlsx(GOOD.replace("<row", "<?a b?><row")), ROWS),
        "character references": (xlsx(GOOD.replace("98161", "&#57;8&#x31;61")), ROWS),
        "rich shared text": (xlsx(cells(HEADER, shared), strings=rich), ROWS),
        "rich inline text": value(f'<c r="B2" t="inlineStr"><is>{runs}</is></c>', "9816111111"),
        "empty value": value('<c r="B2"><v/></c>', None),
        "extension": value('<c r="B2"><v>7</v><extLst><ext><a/></ext></extLst></c>', "7"),
        "formula": value('<c r="B2" t="str"><f>A2&amp;"1"</f><v>911</v></c>', "911"),
        "formula not calculated": value('<c r="B2"><f>A2</f></c>', None),
        "array formula": value('<c r="B2"><f t="array" ref="B2">A2</f><v>5</v></c>', "5"),
        "shared formula": value('<c r="B2"><f t="shared" si="0"/><v>5</v></c>', "5"),
        "error": value('<c r="B2" t="e"><v>#N/A</v></c>', "#N/A"),
        "boolean": value('<c r="B2" t="b"><v>1</v></c>', "TRUE"),
        "iso date": value(
            '<c r="B2" s="1" t="d"><v>2026-03-01T00:00:00</v></c>', "2026-03-01", **dated
        ),
        "from 1904": value(
            '<c r="B2" s="1"><v>44620</v></c>', "2026-03-01", workbook=since_1904, **dated
        ),
        "carriage return": value(text("B2", "a_x000D_b"), "a\rb"),
        "escaped escape": value(text("B2", "a_x005F_x000D_b"), "a_x000D_b"),
        "half a pair": value(text("B2", "a_xD83D_b"), "a\ufffdb"),
        "style past the end": value('<c r="B2" s="999"><v>5</v></c>', "5"),
        "far corner": (xlsx(far), [(2, "91", "9816111111", None), (1048576, None, None, "x")]),
        "dimension lies": (
            xlsx(GOOD.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')),
            ROWS,
        ),
        "empty rows": (xlsx(cells(HEADER, '<row r="2"/>', PERSON.replace("2", "3", 3))), None),
    }
    table.pop("empty rows")
    return [Animal(name, data, outcome) for name, (data, outcome) in table.items()]


def texts() -> list[Animal]:
    """Give text files of all sorts."""
    plain = "Country,Mobile\n91,9816111111\n"
    return [
        Animal("quote not closed", b'a,b\n1,"' + b"x" * 200_000, "never closes"),
        Animal("cell of 2 MB", b"a,b\n1," + b"x" * 2_000_000, "cell of"),
        Animal("5,000 cells in a line", b"a" + b"," * 5_000 + b"\n", "line of"),
        Animal("utf-16", plain.encode("utf-16"), ROWS),
        Animal("utf-16 big endian without mark", plain.encode("utf-16-be"), ROWS),
        Animal("utf-32", plain.encode("utf-32"), ROWS),
        Animal("old mac", plain.replace("\n", "\r").encode(), ROWS),
        Animal("windows", plain.replace("\n", "\r\n").encode(), ROWS),
        Animal("no last line end", plain.strip().encode(), ROWS),
        Animal("pipes", plain.replace(",", "|").encode(), ROWS),
        Animal("tabs", plain.replace(",", "\t").encode(), ROWS),
        Animal("loose quotes", b'Country,Mobile\n91,"98161"11111\n', [(2, "91", "9816111111")]),
        Animal(
            "blank lines", b"\n\nCountry,Mobile\n\n91,9816111111\n\n", [(5, "91", "9816111111")]
        ),
    ]


def letters(index: int) -> str:
    """Give Excel's letters of a column, counted from 0."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def animals() -> list[Animal]:
    """Give the whole zoo; each name is unique within its house."""
    houses = {
        "foreign": foreign,
        "zip": zips,
        "package": packages,
        "damage": sheet_damage,
        "odd": odd_sheets,
        "text": texts,
    }
    return [
        animal._replace(name=f"{house}: {animal.name}")
        for house, keeper in houses.items()
        for animal in keeper()
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for animal in animals():
        (folder / animal.name.replace(": ", "-").replace(" ", "_").replace("/", "_")).write_bytes(
            animal.data
        )
