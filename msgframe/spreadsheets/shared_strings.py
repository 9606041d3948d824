"""Texts inside a workbook's XML: shared and inline strings, runs, escapes, as columns of text."""

from __future__ import annotations

import os
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from msgframe.errors import SheetError
from msgframe.spreadsheets.series import scatter_text
from msgframe.spreadsheets.sources import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

T = TypeVar("T")

_WORKERS = min(4, os.cpu_count() or 1)

#: XML that is worth a call into polars, and not more than a small part of the memory.
CHUNK = 4 * MIB
#: No item of a list may be longer than this, or the next one never comes.
_LONGEST = 64 * MIB

_PLAIN = r"^<t>([^<]*)</t>$"
_PHONETIC = r"(?s)<rPh[\s>].*?</rPh>"
_RUN = r"<t(?:\s[^>]*)?>([^<]*)</t>"
_TEXT = r"(?:<t\s*/>|<t(?:\s[^>]*)?>[^<]*</t>)"
_STYLED = rf"<r>\s*(?:<rPr\s*/>|<rPr>.*?</rPr>)?\s*{_TEXT}\s*</r>"
_HINTS = r"<rPh[\s>].*?</rPh>|<phoneticPr[^>]*>(?:</phoneticPr>)?"
_ITEM = rf"(?:\s|{_TEXT}|{_STYLED}|{_HINTS})*"
#: The inside of an item: a text, or runs of it; anything else is for the careful way.
ITEM = rf"(?s)^{_ITEM}$"
_ENDED = rf"(?s)^({_ITEM})</si>\s*(?:</sst>\s*)?$"
_REFERENCE = r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|lt|gt|amp|quot|apos);"
_ESCAPE = r"_x[0-9A-Fa-f]{4}_"
_NAMED = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&apos;": "'"}


class NotFastPath(Exception):
    """The XML is not spelt as Excel spells it, so the fast way cannot vouch for what it reads."""


def cut(blocks: Iterable[bytes], before: bytes, where: str) -> Iterator[bytes]:
    """Join blocks into chunks of some 4 MiB that each begin at `before`, the first one excepted.

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


def read_shared_strings(blocks: Iterable[bytes], where: str) -> pl.Series:
    """Give a workbook's shared strings, in order.

    Raises
    ------
    NotFastPath
        Where the part is not spelt as Excel spells it.
    """
    chunks = cut(blocks, b"<si>", where)
    first = next(chunks)
    refuse_encoding(first[:1024])
    begin = first.find(b"<si")
    if b"<!" in first[: begin if begin >= 0 else None] or b"<sst" not in first[:65536]:
        raise NotFastPath
    return pl.concat(in_threads(_items, chain([first], chunks)))


def in_threads(work: Callable[[bytes], T], chunks: Iterable[bytes]) -> Iterator[T]:
    """Work on some chunks at once, in their order, while the next are inflated."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        waiting: deque[Future[T]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def refuse_encoding(head: bytes) -> None:
    """Raise `NotFastPath` where XML says that it is not in UTF-8, or begins as UTF-16 does."""
    declared = re.match(
        rb"\s*<\?xml[^>]*encoding=[\"']([^\"']*)", head.removeprefix(b"\xef\xbb\xbf")
    )
    if b"\x00" in head[:64] or (declared and declared[1].lower() not in {b"utf-8", b"us-ascii"}):
        raise NotFastPath


def as_text(chunk: bytes) -> pl.Series:
    """Give a chunk of XML as a column of one text.

    Raises
    ------
    NotFastPath
        Where it is in another encoding.
    """
    try:
        return pl.Series([chunk], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:
        raise NotFastPath from None


def runs(inner: pl.Series) -> pl.Series:
    """Give the text of string items: all their runs joined, phonetic hints left out.

    >>> runs(pl.Series(["<t>a</t>", "<r><t>b</t></r><r><rPr/><t> c</t></r>", ""])).to_list()
    ['a', 'b c', '']
    """
    plain = inner.str.extract(_PLAIN)
    mixed = plain.is_null().arg_true()
    if mixed.is_empty():
        return plain
    parts = inner.gather(mixed).str.replace_all(_PHONETIC, "").str.extract_all(_RUN)
    joined = (
        parts.list.eval(pl.element().str.extract(_RUN)).list.join("").fill_null("").alias("text")
    )
    return scatter_text(plain, mixed, joined)


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
    some = _replaced(some, _ESCAPE, lambda spelling: _character(int(spelling[2:6], 16)))
    return scatter_text(texts, odd, some)


def _items(chunk: bytes) -> pl.Series:
    """Give the items of a chunk: split between plain ones or, where that fails, one by one."""
    body = chunk[max(chunk.find(b"<si"), 0) :]
    if body.startswith(_OPEN):
        end = body.rfind(_CLOSE)
        texts = as_text(body[len(_OPEN) : end]).str.split(_BETWEEN).explode()
        whole = end > 0 and _AFTER.fullmatch(body, end)
        if whole and not texts.str.contains("<", literal=True).any():
            return unescape(texts)
    return unescape(runs(_mixed_items(body)))


_OPEN, _CLOSE, _BETWEEN = b"<si><t>", b"</t></si>", "</t></si><si><t>"
_AFTER = re.compile(rb"</t></si>\s*(?:</sst>\s*)?")


def _mixed_items(body: bytes) -> pl.Series:
    body = body.replace(b"<si/>", b"<si></si>")
    pieces = as_text(body).str.split("<si>").explode()
    first, pieces = pieces[0], pieces.slice(1)
    if first.strip() not in {"", "</sst>"} or not pieces.str.contains(_ENDED).all():
        raise NotFastPath
    return pieces.str.extract(_ENDED)


def _replaced(texts: pl.Series, pattern: str, meaning: Callable[[str], str]) -> pl.Series:
    """Replace what matches, all at once, so that what comes out is never read a second time."""
    spellings = texts.str.extract_all(pattern).explode().drop_nulls().unique().to_list()
    if not spellings:
        return texts
    return texts.str.replace_many(spellings, [meaning(spelling) for spelling in spellings])


def _reference(spelling: str) -> str:
    if spelling in _NAMED:
        return _NAMED[spelling]
    body = spelling[2:-1]
    return _character(int(body[1:], 16) if body[0] == "x" else int(body))


def _character(point: int) -> str:
    """Half a surrogate pair is no character: it is shown as Unicode says, by U+FFFD."""
    return chr(point) if point < 0xD800 or 0xDFFF < point < 0x110000 else "\ufffd"
