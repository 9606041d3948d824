"""The grammar of number formats: `#,##0.00;[Red]-0` taken apart into sections and tokens.

Source: ECMA-376 part 1, 18.8.31 (numFmts), and Excel's behaviour where the standard is silent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["general", "number", "scientific", "fraction", "date", "text"]


class Token(NamedTuple):
    """One piece of a section: what it is, and how it was written."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One of up to four sections of a format."""

    #: How its numbers are written.
    kind: Kind
    #: Its pieces, in order.
    tokens: tuple[Token, ...]
    #: When it applies, as an operator and a number; None for the usual division by sign.
    condition: tuple[str, float] | None = None
    #: Windows' number of a language, or 0: `[$-40A]` is Spanish.
    language: int = 0


_SCAN = re.compile(
    r"""
      (?P<literal>"[^"]*"?|\\.|!.)
    | (?P<pad>_.)
    | (?P<fill>\*.)
    | (?P<elapsed>\[(?:[hH]+|[mM]+|[sS]+)\])
    | (?P<condition>\[(?:<=|>=|<>|=|<|>)\s*-?[0-9.]+(?:[eE][+-]?[0-9]+)?\])
    | (?P<currency>\[\$[^\]]*\])
    | (?P<bracket>\[[^\]]*\])
    | (?P<general>[Gg][Ee][Nn][Ee][Rr][Aa][Ll])
    | (?P<noon>[Aa][Mm]/[Pp][Mm]|[Aa]/[Pp])
    | (?P<exponent>[Ee][+-])
    | (?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+|[eE]+|[bB]+|[gG]+)
    | (?P<digit>[0\#?])
    | (?P<point>\.)
    | (?P<comma>,)
    | (?P<percent>%)
    | (?P<slash>/)
    | (?P<at>@)
    | (?P<end>;)
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)

#: What a region says of dates, written as a language number beyond Windows' own.
_SYSTEM = {"date": "system_date", "F800": "system_long_date", "F400": "system_time"}


@lru_cache(maxsize=4096)
def sections(code: str) -> tuple[Section, ...]:
    """Take a format apart.

    >>> [section.kind for section in sections('0.00;"loss" 0;-;@')]
    ['number', 'number', 'text', 'text']
    >>> sections("[$-40A]d mmm")[0].language == 0x40A
    True
    """
    parts: list[list[Token]] = [[]]
    for match in _SCAN.finditer(code):
        if match.lastgroup == "end":
            parts.append([])
        else:
            parts[-1].append(Token(match.lastgroup or "plain", match[0]))
    return tuple(_section(tokens) for tokens in parts[:4])


def is_date(code: str) -> bool:
    """Tell whether a format shows numbers as dates, times or durations.

    >>> is_date("dd/mm/yyyy"), is_date('0 "days"'), is_date("[h]:mm")
    (True, False, True)
    """
    return sections(code)[0].kind == "date"


def follows_region(code: str) -> bool:
    """Tell whether a format leaves the spelling of dates to the computer's region.

    >>> follows_region("[$-F800]dddd, mmmm dd, yyyy"), follows_region("dd/mm/yyyy")
    (True, False)
    """
    return any(token.name == "system" for part in sections(code) for token in part.tokens)


def names_days(code: str) -> bool:
    """Tell whether a format shows days of the calendar, not only times or durations.

    >>> names_days("mmm-yy"), names_days("[$-date] h:mm"), names_days("[h]:mm"), names_days("0")
    (True, True, False, False)
    """
    return any(
        token.text in {"system_date", "system_long_date"}
        if token.name == "system"
        else token.name == "date" and token.text[0] in "dyeb"
        for token in sections(code)[0].tokens
    )


def text_section(code: str) -> Section | None:
    """Give the section of a format that changes texts, if it has one.

    >>> text_section("0.00;@") is None, text_section('"Mr. "@') is None
    (True, False)
    """
    parts = sections(code)
    last = parts[-1]
    is_last = len(parts) == 4 or any(token.name == "at" for token in last.tokens)
    # Blanks that only align the text are no part of it.
    changes = any(token.name != "at" and token.text.strip() for token in last.tokens)
    return last if is_last and last.kind == "text" and (changes or not last.tokens) else None


def _section(tokens: list[Token]) -> Section:
    condition, language = None, 0
    kept: list[Token] = []
    for token in tokens:
        match token.name:
            case "condition":
                condition = _condition(token.text)
            case "currency":
                symbol, _, code = token.text[2:-1].partition("-")
                kept.append(Token("literal", symbol))
                if code in _SYSTEM:
                    kept.append(Token("system", _SYSTEM[code]))
                language = _language(code) or language
            case "literal":
                kept.append(Token("literal", _unquoted(token.text)))
            case "pad":
                kept.append(Token("literal", " "))
            case "fill" | "bracket":
                pass
            case _:
                kept.append(token)
    if condition is None:
        # `[$-F800]dddd, mmmm dd, yyyy`: the region's own spelling stands for all that follows.
        system = next((token for token in kept if token.name == "system"), None)
        kept = [system] if system and system.text != "system_date" else kept
    return Section(_kind(kept), _dated(kept), condition, language)


def _kind(tokens: list[Token]) -> Kind:
    names = {token.name for token in tokens}
    if names & {"date", "elapsed", "noon", "system"}:
        return "date"
    if "general" in names:
        return "general"
    if "at" in names or "digit" not in names:
        return "text"
    if "exponent" in names:
        return "scientific"
    return "fraction" if "slash" in names and _has_fraction(tokens) else "number"


def _has_fraction(tokens: list[Token]) -> bool:
    at = [token.name for token in tokens].index("slash")
    before, after = tokens[:at], tokens[at + 1 : at + 2]
    over = any(token.name == "digit" for token in before)
    return over and any(token.name == "digit" or token.text.isdigit() for token in after)


def _dated(tokens: list[Token]) -> tuple[Token, ...]:
    """Name the parts of a date: `m` is a minute after an hour and before a second."""
    if _kind(tokens) != "date":
        return tuple(tokens)
    out: list[Token] = []
    for at, token in enumerate(tokens):
        letter = token.text.strip("[]").lower()
        if token.name == "date" and letter in {"m", "mm"} and _minute(tokens, at):
            out.append(Token("minute", letter))
        elif token.name in {"date", "elapsed"}:
            out.append(Token(token.name, letter))
        elif token.name == "digit" and _is_fraction(tokens, at):
            out.append(Token("fraction", token.text))
        elif token.name == "point" and _is_fraction(tokens, at + 1):
            out.append(Token("mark", "."))
        else:
            out.append(token)
    return tuple(out)


def _minute(tokens: list[Token], at: int) -> bool:
    before = [_letter(t) for t in tokens[:at] if t.name in {"date", "elapsed"}]
    after = [_letter(t) for t in tokens[at + 1 :] if t.name in {"date", "elapsed"}]
    return before[-1:] == ["h"] or after[:1] == ["s"]


def _is_fraction(tokens: list[Token], at: int) -> bool:
    """Tell whether a `0` belongs to the fraction of a second: `ss.00`."""
    if at >= len(tokens) or tokens[at].name != "digit":
        return False
    while at >= 0 and tokens[at].name == "digit":
        at -= 1
    return at > 0 and tokens[at].name == "point" and _letter(tokens[at - 1]) == "s"


def _letter(token: Token) -> str:
    return token.text.strip("[]").lower()[:1]


def _condition(text: str) -> tuple[str, float] | None:
    match = re.match(r"\[(<=|>=|<>|=|<|>)\s*(.+)\]", text)
    try:
        return (match[1], float(match[2])) if match else None
    except ValueError:
        return None


def _language(code: str) -> int:
    try:
        return int(code.split(",", maxsplit=1)[0], 16) & 0xFFFF if code else 0
    except ValueError:
        return 0


def _unquoted(text: str) -> str:
    return text[1:].removesuffix('"') if text[0] == '"' else text[1:]
