"""Build the tables of `msgframe.phone` from the installed `phonenumbers` package.

Run it from the project's folder after raising the version of `phonenumbers` in pyproject.toml; the
tests then hold the new tables against the new answers.

    python data/build_phone_tables.py

The numbers' table holds libphonenumber's whole verdict: the
number line from 0 to 2⁶³, cut wherever calling code, region or type change, so that one binary
search answers for any number.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import polars as pl
from country_names import ALPHA_3, EVERYDAY
from digit_automaton import DIGITS, DigitAutomaton

from msgframe.core.atomic_files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phonenumbers.phonemetadata import PhoneMetadata, PhoneNumberDesc

#: In the order in which libphonenumber asks, behind the general description: the first that fits
#: is the type. Fixed line and mobile are asked together (`_number_type_helper` in phonenumbers).
_TYPES_IN_ORDER = {
    "premium_rate": "PREMIUM_RATE",
    "toll_free": "TOLL_FREE",
    "shared_cost": "SHARED_COST",
    "voip": "VOIP",
    "personal_number": "PERSONAL_NUMBER",
    "pager": "PAGER",
    "uan": "UAN",
    "voicemail": "VOICEMAIL",
}
_DESCRIPTIONS = ("general_desc", *_TYPES_IN_ORDER, "fixed_line", "mobile")

_LAST = 2**63 - 1

#: Where the package keeps its tables.
TABLES = Path(__file__).parent.parent / "msgframe" / "phone"


class NumberFacts(NamedTuple):
    """What libphonenumber says of a number."""

    country_code: str | None
    region: str | None
    type: str


#: Where each verdict begins to hold, as an offset or a number, in rising order.
Cuts: TypeAlias = list[tuple[int, NumberFacts]]

_NO_COUNTRY = NumberFacts(None, None, "UNKNOWN")


def build_numbers() -> pl.DataFrame:
    """Build the number line: `start` i64, `country_code`, `region` and `type` str.

    A row holds for the MSISDNs from its `start` up to the next row's. About 40,000 rows, made in a
    few seconds. Source: the metadata of the installed `phonenumbers`, asked in the order of its own
    `is_valid_number`, `number_type` and `region_code_for_number`.
    """
    cuts: Cuts = [(0, _NO_COUNTRY)]
    end = 0
    for first, last, code, length in _stretches():
        if first > end:
            cuts.append((end, _NO_COUNTRY))
        cuts += [(first + offset, facts) for offset, facts in _cuts_of(code, length)]
        end = last + 1
    cuts.append((end, _NO_COUNTRY))
    rows = [(start, *facts) for start, facts in _without_repeats(cuts) if start <= _LAST]
    names = ["country_code", "region", "type"]
    schema = {"start": pl.Int64, **dict.fromkeys(names, pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _stretches() -> list[tuple[int, int, int, int]]:
    """List the first and last number of each calling code and length of national number."""
    return sorted(
        (code * 10**length, (code + 1) * 10**length - 1, code, length)
        for code in _calling_codes()
        for length in range(1, 19)
        if code * 10**length <= _LAST
    )


def _cuts_of(code: int, length: int) -> Cuts:
    """Cut the national numbers of one length by walking all patterns of a calling code at once."""
    regions = [_Region(region, plan, length) for region, plan in _plans(code)]
    automata = [automaton for region in regions for automaton in region.automata]

    @cache
    def below(states: tuple[int, ...], digits_to_come: int) -> Cuts:
        if digits_to_come == 0:
            return [(0, _look_up(code, regions, states))]
        cuts: Cuts = []
        for digit in DIGITS:
            after = tuple(
                automaton.step(state, digit)
                for automaton, state in zip(automata, states, strict=True)
            )
            offset = int(digit) * 10 ** (digits_to_come - 1)
            cuts += [(offset + start, facts) for start, facts in below(after, digits_to_come - 1)]
        return _without_repeats(cuts)

    return below((DigitAutomaton.START,) * len(automata), length)


def _look_up(code: int, regions: list[_Region], states: tuple[int, ...]) -> NumberFacts:
    """Choose the region as `region_code_for_number` does, then the type that it gives."""
    remaining = iter(states)
    answers = [(region, *region.classify(remaining)) for region in regions]
    if len(answers) == 1:
        region, _, kind = answers[0]
        return NumberFacts(str(code), region.name, kind)
    for region, leads, kind in answers:
        if leads if leads is not None else kind != "UNKNOWN":
            return NumberFacts(str(code), region.name, kind)
    return NumberFacts(str(code), None, "UNKNOWN")


class _Region:
    """One region's patterns that can fit a national number of a certain length."""

    def __init__(self, name: str, plan: PhoneMetadata, length: int) -> None:
        self.name = name
        self.leads = plan.leading_digits is not None
        self.same = plan.same_mobile_and_fixed_line_pattern
        fitting = {
            kind: _automaton(description.national_number_pattern)
            for kind in _DESCRIPTIONS
            if _fits(description := getattr(plan, kind), length)
        }
        self.kinds = list(fitting) if "general_desc" in fitting else []
        leading = [_automaton(f"(?:{plan.leading_digits})\\d*")] if self.leads else []
        self.automata = [*leading, *(fitting[kind] for kind in self.kinds)]

    def classify(self, states: Iterator[int]) -> tuple[bool | None, str]:
        """Give whether the leading digits fit (None: there are none), and the type."""
        fits = [automaton.accepts(next(states)) for automaton in self.automata]
        leads = fits.pop(0) if self.leads else None
        return leads, self._type({kind for kind, fit in zip(self.kinds, fits, strict=True) if fit})

    def _type(self, kinds: set[str]) -> str:
        if "general_desc" not in kinds:
            return "UNKNOWN"
        for kind, name in _TYPES_IN_ORDER.items():
            if kind in kinds:
                return name
        match "fixed_line" in kinds, "mobile" in kinds:
            case (True, mobile):
                return "FIXED_LINE_OR_MOBILE" if mobile or self.same else "FIXED_LINE"
            case (False, True) if not self.same:
                return "MOBILE"
        return "UNKNOWN"


def _fits(description: PhoneNumberDesc | None, length: int) -> bool:
    if description is None or not description.national_number_pattern:
        return False
    return not description.possible_length or length in description.possible_length


@cache
def _automaton(pattern: str) -> DigitAutomaton:
    return DigitAutomaton(pattern)


def _without_repeats(cuts: Cuts) -> Cuts:
    return [cut for index, cut in enumerate(cuts) if index == 0 or cut[1] != cuts[index - 1][1]]


@cache
def _calling_codes() -> dict[int, tuple[str, ...]]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return COUNTRY_CODE_TO_REGION_CODE


@cache
def _plans(code: int) -> list[tuple[str, PhoneMetadata]]:
    from phonenumbers import PhoneMetadata

    plans = (
        (region, PhoneMetadata.metadata_for_region_or_calling_code(code, region))
        for region in _calling_codes()[code]
    )
    return [(region, plan) for region, plan in plans if plan is not None]


def build_countries() -> pl.DataFrame:
    """Build one row a calling code: how its numbers are dialled, and how long its mobiles are.

    Columns: `country_code` str; of its main region `prefix` (`national_prefix`), `trunk` and
    `trunk_rule` (`national_prefix_for_parsing` with its transform rule, where these say more than
    the prefix), `abroad` (`international_prefix`, where it is not 00), all str; `shortest` and
    `longest` u8, digits of a mobile national number in any of its regions.
    """
    rows = [(str(code), *_dialling(code), *_mobile_lengths(code)) for code in _calling_codes()]
    names = ["country_code", "prefix", "trunk", "trunk_rule", "abroad"]
    lengths = {"shortest": pl.UInt8, "longest": pl.UInt8}
    return pl.DataFrame(rows, schema={**dict.fromkeys(names, pl.String), **lengths}, orient="row")


def _dialling(code: int) -> tuple[str | None, ...]:
    _, main = _plans(code)[0]
    prefix, trunk = main.national_prefix, main.national_prefix_for_parsing
    abroad = main.international_prefix
    return (
        prefix,
        None if trunk == prefix else trunk,
        None if trunk == prefix else main.national_prefix_transform_rule,
        None if abroad == "00" else abroad,
    )


def _mobile_lengths(code: int) -> tuple[int, int]:
    plans = [plan for _, plan in _plans(code)]
    mobiles = {length for plan in plans for length in _lengths(plan.mobile)}
    lengths = mobiles or {length for plan in plans for length in _lengths(plan.general_desc)}
    return min(lengths), max(lengths)


def _lengths(description: PhoneNumberDesc | None) -> tuple[int, ...]:
    # A kind of number that a country does not have is written with the one length -1.
    lengths = description.possible_length if description else ()
    return tuple(length for length in lengths if length > 0)


def build_names() -> pl.DataFrame:
    """Build the spellings of countries: `name` in lower case, and its `country_code`, str.

    ISO 3166 codes of two and three letters, everyday names, and the country's name in every
    language that `phonenumbers` knows it in (`phonenumbers.geodata.locale`, from Unicode's CLDR);
    each also without its accents. A spelling that could mean two countries is left out.
    """
    code_of = {
        region: str(code)
        for code, regions in _calling_codes().items()
        for region in regions
        if region != "001"
    }
    names = [(name.lower(), code_of[region]) for name, region in _names() if region in code_of]
    bare = [(_unaccented(name), code) for name, code in names]
    meant: dict[str, set[str]] = {}
    for name, code in [*names, *bare]:
        meant.setdefault(name, set()).add(code)
    sure = {name: codes.pop() for name, codes in sorted(meant.items()) if len(codes) == 1}
    # Two letters are the ISO code, whatever two-letter word they also are in some language.
    sure |= {region.lower(): code for region, code in code_of.items()}
    return pl.DataFrame({"name": list(sure), "country_code": list(sure.values())}).sort("name")


def _names() -> Iterator[tuple[str, str]]:
    from phonenumbers.geodata.locale import LOCALE_DATA

    for region, names in LOCALE_DATA.items():
        # "*en" stands for the same name as in English.
        yield from ((name, region) for name in names.values() if not name.startswith("*"))
    yield from ALPHA_3.items()
    yield from EVERYDAY.items()


def _unaccented(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name)
    return "".join(part for part in parts if not unicodedata.category(part).startswith("M"))


BUILDERS = {"numbers": build_numbers, "countries": build_countries, "names": build_names}


def main() -> None:
    """Write all tables, each with the version of its metadata."""
    stamp = {"phonenumbers": version("phonenumbers")}
    for name, build in BUILDERS.items():
        with atomic_write(TABLES / f"{name}.parquet") as path:
            build().write_parquet(path, compression="zstd", compression_level=22, metadata=stamp)


if __name__ == "__main__":
    main()
