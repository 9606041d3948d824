"""The same number in many spellings: repair reads each as libphonenumber's formatter wrote it."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl
import pytest
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
)

from msgframe.phone import SENDABLE, repair
from msgframe.phone.expressions import table

#: Gabon's old numbers of 7 digits and its new ones of 8 are both valid, and 0 is the old ones'
#: trunk prefix and the new ones' first digit: "02 31 39 30" is read as a new one.
UNSURE = "241"
#: Where the zero belongs to the number, (0) is not skipped.
KEEPS_ZERO = ["39", "378"]


def written(number: PhoneNumber, how: int) -> str:
    return phonenumbers.format_number(number, how)


def digits(number: PhoneNumber) -> str:
    return written(number, PhoneNumberFormat.E164)[1:]


def scientific(text: str) -> str:
    return f"{text[0]}.{text[1:]}E+{len(text) - 1}"


SPELLINGS = {
    "E.164": lambda number: written(number, PhoneNumberFormat.E164),
    "international": lambda number: written(number, PhoneNumberFormat.INTERNATIONAL),
    "RFC 3966": lambda number: written(number, PhoneNumberFormat.RFC3966),
    "national": lambda number: written(number, PhoneNumberFormat.NATIONAL),
    "digits": phonenumbers.national_significant_number,
    "all digits": digits,
    "00": lambda number: "00" + digits(number),
    "no-break spaces": lambda number: SPELLINGS["international"](number).replace(" ", "\u00a0"),
    "decimal": lambda number: digits(number) + ".0",
    "scientific": lambda number: scientific(digits(number)),
    "(0)": lambda number: SPELLINGS["international"](number).replace(" ", " (0) ", 1),
    "twice": lambda number: f"+{number.country_code} {digits(number)}",
    "full width": lambda number: digits(number).translate({48 + n: 0xFF10 + n for n in range(10)}),
}


def sendable_numbers(per_stretch: int, dice: random.Random) -> list[PhoneNumber]:
    """Some numbers from each stretch of the number line that can take a text."""
    line = table("numbers").with_columns(end=pl.col("start").shift(-1) - 1)
    stretches = line.filter(pl.col("type").is_in(SENDABLE)).select("country_code", "start", "end")
    return [
        phone_number(code, str(dice.randint(start, end))[len(code) :])
        for code, start, end in stretches.iter_rows()
        for _ in range(per_stretch)
    ]


def phone_number(code: str, national: str) -> PhoneNumber:
    zeros = len(national) - len(national.lstrip("0"))
    return PhoneNumber(
        int(code),
        int(national),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros or None,
    )


def misread(numbers: list[PhoneNumber], spelling: str) -> pl.DataFrame:
    """The numbers that repair does not read as they were meant."""
    rows = [(str(number.country_code), number, int(digits(number))) for number in numbers]
    sheet = pl.DataFrame(
        {
            "Country": [code for code, *_ in rows],
            "Mobile": [SPELLINGS[spelling](number) for _, number, _ in rows],
            "meant": [meant for *_, meant in rows],
        }
    )
    got = repair(sheet, country_column="Country", mobile_column="Mobile").select("msisdn", "rule")
    return pl.concat([sheet, got], how="horizontal").filter(
        pl.col("msisdn").ne_missing(pl.col("meant"))
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_every_country(spelling):
    """A number from every third stretch of every country is read right in each spelling."""
    numbers = sendable_numbers(1, random.Random(1))[::3]

    wrong = misread(numbers, spelling).filter(~expected_misreading(spelling))

    assert wrong.is_empty(), wrong


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_more_spellings_of_every_country(spelling):
    """So are sixteen more numbers of every stretch."""
    numbers = sendable_numbers(16, random.Random(2))

    wrong = misread(numbers, spelling).filter(~expected_misreading(spelling))

    assert wrong.is_empty(), wrong


def expected_misreading(spelling: str) -> pl.Expr:
    code = pl.col("Country")
    match spelling:
        case "national":
            return code == UNSURE
        case "(0)":
            return code.is_in(KEEPS_ZERO) & pl.col("msisdn").is_null()
        case _:
            return pl.lit(False)


PREFIXES = ["", "", "", "0", "00", "+", "{code}", "+{code}", "00{code}", "0{code}", "1", "8", "011"]


def test_heaps_of_digits_are_never_read_otherwise():
    """Where both repair and libphonenumber read a mobile number in random digits, it is one."""
    assert_never_otherwise(8_000, random.Random(7))


@pytest.mark.slow
def test_more_heaps_of_digits_are_never_read_otherwise():
    """So it is with a larger heap."""
    assert_never_otherwise(300_000, random.Random(8))


def assert_never_otherwise(count: int, dice: random.Random) -> None:
    codes = list(COUNTRY_CODE_TO_REGION_CODE)
    rows = [heap(dice.choice(codes), dice) for _ in range(count)]
    sheet = pl.DataFrame(rows, schema={"c": pl.String, "m": pl.String}, orient="row")
    ours = repair(sheet, country_column="c", mobile_column="m")["msisdn"].to_list()
    pairs = [(mine, libphonenumber(*row)) for mine, row in zip(ours, rows, strict=True)]
    both = [(mine, theirs) for mine, theirs in pairs if mine and theirs]

    assert len(both) > count / 200
    assert [pair for pair in both if pair[0] != pair[1]] == []


def heap(code: int, dice: random.Random) -> tuple[str, str]:
    prefix = dice.choice(PREFIXES).format(code=code)
    return str(code), prefix + "".join(dice.choices("0123456789", k=dice.randrange(6, 13)))


def libphonenumber(code: str, mobile: str) -> int | None:
    """What `phonenumbers.parse` reads, if it is a number of the row's country that takes texts."""
    try:
        number = phonenumbers.parse(mobile, COUNTRY_CODE_TO_REGION_CODE[int(code)][0])
    except phonenumbers.NumberParseException:
        return None
    kind = phonenumbers.number_type(number)
    sendable = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
    return int(digits(number)) if kind in sendable and number.country_code == int(code) else None
