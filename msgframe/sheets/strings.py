"""Texts inside a workbook's XML: shared and inline strings, runs, escapes, as columns of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from msgframe.errors import SheetError
from msgframe.sheets.columns import put
from msgframe.sheets.limits import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: XML that is worth a call into polars, and not more than a small part of the memory.
CHUNK = 8 * MIB
#: No item of a list may be longer than this, or the next one never comes.
_LONGEST = 64 * MIB

_PLAIN = r"^<t>([^<]*)</t>$"
_PHONETIC = r"(?s)<rPh[\s>].*?</rPh>"
_RUN = r"<t(?:\s[^>]*)?>([^<]*)</t>"
_REFERENCE = r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|lt|gt|amp|quot|apos);"
_ESCAPE = r"_x[0-9A-Fa-f]{4}_"
_NAMED = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&apos;": "'"}


class Unusual(Exception):
    """The XML is not spelt as Excel spells it, so the fast way cannot vouch for what it reads."""


def cut(blocks: Iterable[bytes], before: bytes, where: str) -> Iterator[bytes]:
    """Join blocks into chunks of some 8 MiB that each begin at `before`, the first one excepted.

    >>> list(cut([b"<a><i>1</i><i>", b"2</i></a>"], b"<i>", "part"))
    [b'<a><i>1</i><i>2</i></a>']
    """
    waiting: list[bytes] = []
    size, enough = 0, CHUNK
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size < enough:
            continue
        joined = b"".join(waiting)
        at = joined.rfind(before, 1)
        if at < 0 and size > _LONGEST:
            raise SheetError(f"{where} holds one row or text of over {_LONGEST:,} bytes.")
        if at > 0:
            yield joined[:at]
        waiting = [joined[max(at, 0) :]]
        size = len(waiting[0])
        # A piece that does not end is joined again once it has doubled, or this takes for ever.
        enough = size + max(size, CHUNK)
    yield b"".join(waiting)


def shared_strings(blocks: Iterable[bytes], where: str) -> pl.Series:
    """Give a workbook's shared strings, in order.

    Raises
    ------
    Unusual
        Where the part is not spelt as Excel spells it.
    """
    chunks = [_items(chunk, where) for chunk in cut(blocks, b"<si>", where)]
    return pl.concat(chunks) if chunks else pl.Series(dtype=pl.String)


def as_text(chunk: bytes, where: str) -> pl.Series:
    """Give a chunk of XML as a column of one text.

    Raises
    ------
    Unusual
        Where the fast way cannot read it: comments, CDATA, another encoding.
    """
    if b"<!" in chunk or b"\x00" in chunk:
        raise Unusual(where)
    try:
        return pl.Series([chunk], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:
        raise Unusual(where) from None


def runs(inner: pl.Series) -> pl.Series:
    """Give the text of string items: all their runs joined, phonetic hints left out.

    >>> runs(pl.Series(["<t>a</t>", "<r><t>b</t></r><r><rPr/><t> c</t></r>", ""])).to_list()
    ['a', 'b c', '']
    """
    plain = inner.str.extract(_PLAIN)
    rest = plain.is_null().arg_true()
    if rest.is_empty():
        return plain
    parts = inner.gather(rest).str.replace_all(_PHONETIC, "").str.extract_all(_RUN)
    joined = (
        parts.list.eval(pl.element().str.extract(_RUN)).list.join("").fill_null("").alias("text")
    )
    return put(plain, rest, joined)


def unescape(texts: pl.Series) -> pl.Series:
    r"""Resolve XML's references and Excel's `_x000D_` in texts.

    >>> unescape(pl.Series(["a &amp;lt; b", "1_x000D_&#10;2", "_x005F_x000D_"])).to_list()
    ['a &lt; b', '1\r\n2', '_x000D_']
    """
    odd = texts.str.contains_any(["&", "_x", "\r"]).fill_null(value=False).arg_true()
    if odd.is_empty():
        return texts
    some = texts.gather(odd).str.replace_all("\r\n?", "\n")
    some = _replaced(some, _REFERENCE, _reference)
    return put(texts, odd, _replaced(some, _ESCAPE, _escaped))


def _items(chunk: bytes, where: str) -> pl.Series:
    chunk = chunk.replace(b"<si/>", b"<si></si>").replace(b"<si />", b"<si></si>")
    pieces = as_text(chunk, where).str.split("<si>").explode().slice(1)
    if b"<si " in chunk or chunk.count(b"</si>") != len(pieces):
        raise Unusual(where)
    # Only the last item of a chunk drags the end of the part along.
    inner = pieces.str.strip_suffix("</si>")
    loose = inner.str.contains("</si>", literal=True).arg_true()
    if not loose.is_empty():
        inner = put(inner, loose, inner.gather(loose).str.extract(r"(?s)^(.*?)</si>"))
    return unescape(runs(inner))


def _replaced(texts: pl.Series, pattern: str, meaning: Callable[[str], str]) -> pl.Series:
    """Replace what matches, all at once, so that what comes out is never read a second time."""
    found = texts.str.extract_all(pattern).explode().drop_nulls().unique().to_list()
    if not found:
        return texts
    return texts.str.replace_many(found, [meaning(spelling) for spelling in found])


def _reference(spelling: str) -> str:
    if spelling in _NAMED:
        return _NAMED[spelling]
    body = spelling[2:-1]
    return _character(int(body[1:], 16) if body[0] == "x" else int(body))


def _escaped(spelling: str) -> str:
    return _character(int(spelling[2:6], 16))


def _character(point: int) -> str:
    """Half a surrogate pair is no character: it is shown as Unicode says, by U+FFFD."""
    return chr(point) if point < 0xD800 or 0xDFFF < point < 0x110000 else "\ufffd"
