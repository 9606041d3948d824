r"""Digit languages: the small regular expressions of numbering plans, read one digit at a time.

libphonenumber describes each kind of number by a pattern over digits, such as ``[6-9]\d{9}``. Asked
digit by digit, such a pattern is a machine with few states (Glushkov's position automaton), and a
machine can be walked over *all* numbers of a length at once, which no regex engine offers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

DIGITS = "0123456789"

#: What a numbering plan's patterns are written with, and nothing else.
_TOKEN = re.compile(r"\\d|\d|\[[\d-]+\]|\(\?:|\(|\)|\||\?|\*|\{\d+(?:,\d+)?\}")


class _Part(NamedTuple):
    """A piece of a pattern: which of its positions may come first and last (as bit masks)."""

    nullable: bool
    first: int
    last: int


@dataclass(eq=False)
class DigitAutomaton:
    r"""The strings of digits that a pattern matches in full.

    Attributes
    ----------
    pattern
        A regular expression of digits, ``\d``, classes, groups, ``|``, ``?``, ``*`` and ``{m,n}``.

    >>> mobile = DigitAutomaton(r"[6-9]\d{2}")
    >>> [mobile.holds(text) for text in ("912", "9123", "512")]
    [True, False, False]
    """

    pattern: str
    _digits: list[str] = field(default_factory=list, init=False, repr=False)
    _follow: list[int] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._tokens = _tokens(self.pattern)
        whole, end = self._either(0)
        if end != len(self._tokens):
            raise ValueError(f"{self.pattern!r} closes a group that it never opened")
        self._whole = whole
        self._steps: dict[tuple[int, str], int] = {}

    #: Before the first digit; a state is the set of positions that the last digit may have been.
    START = -1

    def step(self, state: int, digit: str) -> int:
        """Give the state after one more digit."""
        known = self._steps.get((state, digit))
        if known is None:
            known = self._steps[state, digit] = self._walk(state, digit)
        return known

    def accepts(self, state: int) -> bool:
        """Tell whether the digits so far are in the language."""
        return self._whole.nullable if state == self.START else bool(state & self._whole.last)

    def holds(self, text: str) -> bool:
        """Tell whether a string of digits is in the language."""
        state = self.START
        for digit in text:
            state = self.step(state, digit)
        return self.accepts(state)

    def _walk(self, state: int, digit: str) -> int:
        reachable = self._whole.first if state == self.START else self._after(state)
        return sum(1 << at for at in _bits(reachable) if digit in self._digits[at])

    def _after(self, state: int) -> int:
        following = 0
        for at in _bits(state):
            following |= self._follow[at]
        return following

    def _either(self, at: int) -> tuple[_Part, int]:
        part, at = self._sequence(at)
        while at < len(self._tokens) and self._tokens[at] == "|":
            other, at = self._sequence(at + 1)
            part = _Part(
                part.nullable or other.nullable, part.first | other.first, part.last | other.last
            )
        return part, at

    def _sequence(self, at: int) -> tuple[_Part, int]:
        part = _Part(nullable=True, first=0, last=0)
        while at < len(self._tokens) and self._tokens[at] not in {"|", ")"}:
            piece, at = self._repeated(at)
            part = self._then(part, piece)
        return part, at

    def _repeated(self, at: int) -> tuple[_Part, int]:
        piece, end = self._atom(at)
        mark = self._tokens[end] if end < len(self._tokens) else ""
        if mark == "?":
            return piece._replace(nullable=True), end + 1
        if mark == "*":
            self._join(piece.last, piece.first)
            return piece._replace(nullable=True), end + 1
        if not mark.startswith("{"):
            return piece, end
        least, _, most = mark[1:-1].partition(",")
        return self._copies(piece, at, int(least), int(most or least)), end + 1

    def _copies(self, piece: _Part, at: int, least: int, most: int) -> _Part:
        # Each repetition is read again, since every copy needs positions of its own.
        part = piece if least else piece._replace(nullable=True)
        for count in range(2, most + 1):
            copy, _ = self._atom(at)
            part = self._then(part, copy if count <= least else copy._replace(nullable=True))
        return part

    def _atom(self, at: int) -> tuple[_Part, int]:
        token = self._tokens[at]
        if token in {"(", "(?:"}:
            part, end = self._either(at + 1)
            return part, end + 1
        self._digits.append(_members(token))
        self._follow.append(0)
        here = 1 << (len(self._digits) - 1)
        return _Part(nullable=False, first=here, last=here), at + 1

    def _then(self, before: _Part, after: _Part) -> _Part:
        self._join(before.last, after.first)
        return _Part(
            nullable=before.nullable and after.nullable,
            first=before.first | (after.first if before.nullable else 0),
            last=after.last | (before.last if after.nullable else 0),
        )

    def _join(self, last: int, first: int) -> None:
        for at in _bits(last):
            self._follow[at] |= first


def _tokens(pattern: str) -> list[str]:
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise ValueError(f"{pattern!r} is more than a pattern of digits")
    return tokens


@cache
def _members(token: str) -> str:
    if token == r"\d":  # noqa: S105  a token of a pattern, not of an account
        return DIGITS
    return "".join(digit for digit in DIGITS if re.fullmatch(token, digit))


def _bits(mask: int) -> list[int]:
    positions = []
    while mask:
        lowest = mask & -mask
        positions.append(lowest.bit_length() - 1)
        mask ^= lowest
    return positions
