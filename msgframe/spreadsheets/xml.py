"""XML without surprises: no document types, no entities of their own, nothing fetched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape

from msgframe.core.a1 import column_index, column_letter
from msgframe.errors import SheetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Element(NamedTuple):
    """One element of a small part, without its text."""

    #: The name without its prefix, the parent's likewise ("" at the root).
    name: str
    parent: str
    #: Attributes by their names without prefix.
    attributes: dict[str, str]


def elements(xml: bytes, where: str) -> list[Element]:
    """Give the elements of a small part, in document order.

    Raises
    ------
    SheetError
        Where the XML is not well formed or declares a document type.

    >>> elements(b"<a><x:b r:id='1'/></a>", "part.xml")[1]
    Element(name='b', parent='a', attributes={'id': '1'})
    """
    parsed: list[Element] = []
    path = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        parsed.append(Element(_local(name), path[-1], _locals(attributes)))
        path.append(_local(name))

    parser = _parser(where)
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: path.pop()
    _parse(parser, xml, where, last=True)
    return parsed


def canonical(blocks: Iterable[bytes], where: str) -> Iterator[bytes]:
    """Give a sheet's XML again as Excel itself would have spelt it.

    Prefixes, single quotes, comments, CDATA, character references, other encodings and cells
    without a reference all come out as plain UTF-8 `<c r="B2" s="1" t="s"><v>7</v></c>`. This is
    the careful way for the few files that the fast way does not know; it costs several times more.

    >>> b"".join(
    ...     canonical(
    ...         [
    ...             b"<x:worksheet><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row>"
    ...             b"</x:sheetData></x:worksheet>"
    ...         ],
    ...         "sheet1.xml",
    ...     )
    ... )
    b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    """
    return _Canonical().translate(blocks, where)


def unprefixed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Give XML without the prefix of its root, as the OpenXML SDK's writers put before each name.

    >>> b"".join(unprefixed([b"<x:sst><x:si/></x", b":sst>"]))
    b'<sst><si/></sst>'
    """
    held, prefix = b"", None
    for block in blocks:
        held += block
        if prefix is None:
            root = _ROOT.search(held[:4096])
            prefix = root[1] if root else b""
        if not prefix:
            yield held
            held = b""
            continue
        # A tag may lie across two blocks.
        cut = max(held.rfind(b"<"), 0)
        yield _without(held[:cut], prefix)
        held = held[cut:]
    yield _without(held, prefix or b"")


_ROOT = re.compile(rb"<(?:(\w{1,20}):)?(?:worksheet|sst)[\s>]")


def _without(xml: bytes, prefix: bytes) -> bytes:
    return xml.replace(b"<%b:" % prefix, b"<").replace(b"</%b:" % prefix, b"</") if prefix else xml


class Handler:
    """What is told of a document while it is parsed; names come without their prefixes."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, text: str) -> None:
        """Take text."""


class Translator(Handler):
    """A handler that writes down in Excel's spelling what it is told."""

    def __init__(self) -> None:
        self._out: list[str] = []

    def translate(self, blocks: Iterable[bytes], where: str) -> Iterator[bytes]:
        """Give a document in Excel's spelling, block by block."""
        for _ in events(blocks, where, self):
            yield "".join(self._out).encode()
            self._out.clear()
        yield "".join(self._out).encode()


def events(blocks: Iterable[bytes], where: str, handler: Handler) -> Iterator[None]:
    """Parse a document block by block, telling a handler; give control back after each block.

    Raises
    ------
    SheetError
        Where the XML is not well formed or declares a document type.
    """
    parser = _parser(where)
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: handler.start(
        _local(name), _locals(attributes)
    )
    parser.EndElementHandler = lambda name: handler.end(_local(name))
    parser.CharacterDataHandler = handler.text
    for block in blocks:
        _parse(parser, block, where)
        yield
    _parse(parser, b"", where, last=True)


_LEAVES = frozenset({"t", "v", "f"})
_LETTERS = re.compile("[A-Z]{0,4}")
_QUOTE = {'"': "&quot;"}


class _Canonical(Translator):
    """Spells elements out in one way, and gives cells and rows the references that they lack."""

    def __init__(self) -> None:
        super().__init__()
        self._path = [""]
        self._row = self._column = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if name == "row":
            self._row = whole_number(attributes.pop("r", ""), self._row + 1)
            self._column = 0
            attributes = {"r": str(self._row), **attributes}
        if name == "c":
            reference = attributes.pop("r", "") or f"{column_letter(self._column)}{self._row}"
            self._column = column_index(_LETTERS.findall(reference)[0]) + 1
            attributes = {"r": reference, **attributes}
        spelt = "".join(f' {key}="{escape(value, _QUOTE)}"' for key, value in attributes.items())
        self._out.append(f"<{name}{spelt}>")

    def end(self, name: str) -> None:
        self._path.pop()
        self._out.append(f"</{name}>")

    def text(self, text: str) -> None:
        # Blanks between elements are the writer's indentation.
        if self._path[-1] in _LEAVES or text.strip():
            self._out.append(escape(text))


def whole_number(text: str, other: int = 0) -> int:
    """Give a number of up to nine digits as XML has it, or another where it has none.

    >>> whole_number("14"), whole_number("-1"), whole_number("", 1)
    (14, 0, 1)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else other


def _parser(where: str) -> expat.XMLParserType:
    def refuse(*_: object) -> NoReturn:
        raise SheetError(
            f"{where} declares a document type of its own, which a workbook never does: such files "
            "are made to read other files or to fill the memory. It was refused."
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _parse(parser: expat.XMLParserType, block: bytes, where: str, *, last: bool = False) -> None:
    try:
        parser.Parse(block, last)
    except (expat.ExpatError, ValueError, LookupError, RecursionError) as error:
        raise SheetError(
            f"{where} is damaged: {error}. Open it in a spreadsheet program and save it again."
        ) from None


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _locals(attributes: dict[str, str]) -> dict[str, str]:
    if ":" not in "".join(attributes):
        return attributes
    return {_local(key): value for key, value in attributes.items()}
