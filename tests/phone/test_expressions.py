"""The nouns: what a clean number is, and that libphonenumber says the same."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber, PhoneNumberType

from msgframe.phone import TYPE, country_code, is_valid, msisdn, number_type, region
from msgframe.phone.expressions import table

KINDS = {kind: name for name, kind in vars(PhoneNumberType).items() if isinstance(kind, int)}
DESCRIPTIONS = [
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
]


def examples() -> list[tuple[int, str]]:
    """Every example number of every type that libphonenumber's metadata holds."""
    return [
        (code, description.example_number)
        for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
        for name in regions
        for kind in DESCRIPTIONS
        if (description := getattr(metadata(code, name), kind)) and description.example_number
    ]


def metadata(code: int, name: str) -> PhoneMetadata:
    return PhoneMetadata.metadata_for_region_or_calling_code(code, name)


def mutations(numbers: list[tuple[int, str]], dice: random.Random) -> list[tuple[int, str]]:
    """The same numbers with one to three digits changed, lost, or added."""
    return [(code, mutated(national, dice)) for code, national in numbers]


def mutated(national: str, dice: random.Random) -> str:
    digits = list(national)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(digits))
        match dice.choice(["change", "change", "change", "lose", "add"]):
            case "change":
                digits[at] = dice.choice("0123456789")
            case "lose" if len(digits) > 1:
                del digits[at]
            case _:
                digits.insert(at, dice.choice("0123456789"))
    return "".join(digits)


def randoms(count: int, dice: random.Random) -> list[tuple[int, str]]:
    """Random digits behind every calling code, of every length from 1 to 13."""
    codes = list(COUNTRY_CODE_TO_REGION_CODE)
    lengths = [*range(1, 14), 7, 8, 9, 9, 10, 10, 11]
    return [
        (dice.choice(codes), "".join(dice.choices("0123456789", k=dice.choice(lengths))))
        for _ in range(count)
    ]


def libphonenumber(code: int, national: str) -> tuple[bool, str, str | None, str]:
    """What `phonenumbers` says: valid, type, region, and the calling code as it was asked."""
    zeros = min(len(national) - len(national.lstrip("0")), len(national) - 1)
    number = PhoneNumber(
        country_code=code,
        national_number=int(national),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros or None,
    )
    return (
        phonenumbers.is_valid_number(number),
        KINDS[phonenumbers.number_type(number)],
        phonenumbers.region_code_for_number(number),
        str(code),
    )


def disagreements(numbers: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The numbers of which we say something else than `phonenumbers` does."""
    column = pl.DataFrame({"msisdn": [int(f"{code}{national}") for code, national in numbers]})
    ours = column.select(
        is_valid("msisdn"), number_type("msisdn"), region("msisdn"), country_code("msisdn")
    )
    pairs = zip(numbers, ours.iter_rows(), strict=True)
    return [number for number, told in pairs if told != libphonenumber(*number)]


def test_examples_agree():
    """Every region's example of every type is what libphonenumber says it is."""
    numbers = examples()

    assert len(numbers) > 1_000
    assert disagreements(numbers) == []


def test_mutations_agree():
    """So are the examples with wrong, lost and added digits."""
    assert disagreements(mutations(examples() * 4, random.Random(1))) == []


def test_randoms_agree():
    """So are random digits behind every calling code."""
    assert disagreements(randoms(20_000, random.Random(2))) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_a_million_agree(seed):
    """Over a million random numbers in four runs, and mutated examples, of other seeds."""
    dice = random.Random(seed)
    numbers = randoms(260_000, dice) + mutations(examples() * 20, dice)

    assert len(numbers) > 280_000
    assert disagreements(numbers) == []


@pytest.mark.slow
def test_both_ends_of_every_stretch_agree():
    """The table is right where it changes: at the first and the last number of each of its rows."""
    line = table("numbers").with_columns(end=pl.col("start").shift(-1) - 1)
    known = line.filter(pl.col("country_code").is_not_null(), pl.col("end").is_not_null())
    edges = pl.concat([known.select("country_code", at=edge) for edge in ("start", "end")])
    numbers = [(int(code), str(at)[len(code) :]) for code, at in edges.iter_rows()]

    assert len(numbers) > 70_000
    assert disagreements(numbers) == []


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_nouns_are_lazy(engine):
    """The nouns are expressions: a lazy frame filters by them, streaming too."""
    frame = pl.LazyFrame({"msisdn": [919816111111, None, 911123456789, -5, 14155552671]})

    kept = frame.filter(is_valid("msisdn")).with_columns(number_type("msisdn"), region("msisdn"))

    assert kept.collect(engine=engine).rows() == [
        (919816111111, "MOBILE", "IN"),
        (911123456789, "FIXED_LINE", "IN"),
        (14155552671, "FIXED_LINE_OR_MOBILE", "US"),
    ]


def test_noun_of_an_empty_column():
    """No row in, no row out, and the dtype stays."""
    empty = pl.DataFrame(schema={"msisdn": pl.Int64}).select(number_type("msisdn"))

    assert empty.schema == {"type": TYPE}


@pytest.mark.parametrize(
    ("country", "mobile", "joined"),
    [
        ("91", "9816111111", 919816111111),
        ("225", "0712345678", 2250712345678),
        ("+91", "9816111111", None),
        ("91", "+9816111111", None),
        ("91", "98161 11111", None),
        ("91", "", None),
        ("", "9816111111", None),
        ("0", "9816111111", None),
        ("91", "\u0669\u0668\u0661\u0666", None),
        ("91", "1234567890123", 911234567890123),
        ("91", "12345678901234", None),
        (None, "9816111111", None),
        ("91", None, None),
    ],
)
def test_msisdn_joins_digits_only(country, mobile, joined):
    """Both sides are plain digits, 15 together at most; else there is no number."""
    row = pl.DataFrame({"c": [country], "m": [mobile]}, schema={"c": pl.String, "m": pl.String})

    assert row.select(msisdn("c", "m")).item() == joined


@pytest.mark.parametrize("nothing", [0, 999, -919816111111])
def test_no_number(nothing):
    """What is outside of every numbering plan is not valid, and of no country."""
    told = pl.select(is_valid(pl.lit(nothing)), country_code(pl.lit(nothing)))

    assert told.row(0) == (False, None)
