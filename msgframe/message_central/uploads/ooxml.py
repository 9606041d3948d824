"""The parts of a workbook that no row changes: ECMA-376, part 1, at its plainest."""

from __future__ import annotations

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELS = "application/vnd.openxmlformats-package.relationships+xml"

SHEET = "xl/worksheets/sheet1.xml"
SHARED = "xl/sharedStrings.xml"

SHEET_CLOSE = "</sheetData></worksheet>"
SHARED_CLOSE = "</sst>"

_WORKBOOK = (
    f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)

_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)

#: The parts beside the sheet: path, kind as its content type and its relation name it.
_PARTS = {
    "workbook": ("xl/workbook.xml", "sheet.main"),
    "sheet": (SHEET, "worksheet"),
    "styles": ("xl/styles.xml", "styles"),
    "shared": (SHARED, "sharedStrings"),
}


def fixed(*, shared: bool) -> dict[str, str]:
    """Give the parts that do not depend on the rows, by path, in the order of the archive."""
    names = ["workbook", "sheet", "styles", *(["shared"] if shared else [])]
    inner = [_PARTS[name] for name in names if name != "workbook"]
    return {
        "[Content_Types].xml": _content_types([_PARTS[name] for name in names]),
        "_rels/.rels": _relations([("xl/workbook.xml", "officeDocument")]),
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _relations(
            [(path.removeprefix("xl/"), kind) for path, kind in inner]
        ),
        "xl/styles.xml": _STYLES,
    }


def sheet_open(last_cell: str) -> str:
    """Open the sheet, whose cells lie between A1 and `last_cell`."""
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{last_cell}"/><sheetData>'


def shared_open(count: int) -> str:
    """Open the table of shared strings. One cell, one string: nobody counts repeats."""
    return f'{_HEAD}<sst xmlns="{_MAIN}" count="{count}" uniqueCount="{count}">'


def _content_types(parts: list[tuple[str, str]]) -> str:
    overrides = "".join(
        f'<Override PartName="/{path}" ContentType="{_XLSX}.{kind}+xml"/>' for path, kind in parts
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{_RELS}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(targets: list[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{path}"/>'
        for n, (path, kind) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
