"""The dirty forms: what people type into a country and a mobile column, and what it must become."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from msgframe.phone import repair

INDIAN = [
    "9816111111",
    "+919816111111",
    "919816111111",
    "+91 98161-11111",
    "00919816111111",
    "0091 98161 11111",
    "919816111111.0",
    "9816111111.0",
    "9816111111.00",
    "9.19816111111E+11",
    "9.816111111e+09",
    "'9816111111",
    '="9816111111"',
    "(0)98161 11111",
    "09816111111",
    "0 98161 11111",
    "+91 (0) 98161 11111",
    "+91 098161 11111",
    "0919816111111",
    "91 9816111111",
    "+91 91 9816111111",
    "91919816111111",
    "\uff19\uff18\uff11\uff16\uff11\uff11\uff11\uff11\uff11\uff11",
    "\uff0b\uff19\uff11 98161 11111",
    "\u0669\u0668\u0661\u0666\u0661\u0661\u0661\u0661\u0661\u0661",
    "\u06f9\u06f8\u06f1\u06f6\u06f1\u06f1\u06f1\u06f1\u06f1\u06f1",
    "\u096f\u096e\u0967\u096c\u0967\u0967\u0967\u0967\u0967\u0967",
    "\u09ef\u09ee\u09e7\u09ec\u09e7\u09e7\u09e7\u09e7\u09e7\u09e7",
    "98161\u00a011111",
    "\u202a+91\u00a098161\u00a011111\u202c",
    "98161\u201311111",
    "\ufeff9816111111",
    "9816111111\u200b",
    "  9816111111\t",
    "98161.11111",
    "981-611-1111",
    "(+91) 9816111111",
    "Mob: 9816111111",
    "tel:+91-98161-11111",
]

COUNTRIES = [
    ("+91", "9816111111", "+919816111111", "IN"),
    ("0091", "9816111111", "+919816111111", "IN"),
    ("91.0", "9816111111", "+919816111111", "IN"),
    ("IN", "9816111111", "+919816111111", "IN"),
    ("", "+919816111111", "+919816111111", "IN"),
    ("91", "9191919191", "+919191919191", "IN"),
    ("91", "919191919191", "+919191919191", "IN"),
    ("34", "612 34 56 78", "+34612345678", "ES"),
    ("34", "34612345678", "+34612345678", "ES"),
    ("34", "0034 712345678", "+34712345678", "ES"),
    ("44", "07911 123456", "+447911123456", "GG"),
    ("44", "+44 (0)7911 123456", "+447911123456", "GG"),
    ("44", "447911123456", "+447911123456", "GG"),
    ("44", "07624 412345", "+447624412345", "IM"),
    ("1", "(415) 555-2671", "+14155552671", "US"),
    ("1", "1-415-555-2671", "+14155552671", "US"),
    ("1", "011 1 415 555 2671", "+14155552671", "US"),
    ("1", "416-555-0134", "+14165550134", "CA"),
    ("39", "347 123 4567", "+393471234567", "IT"),
    ("39", "3912345678", "+393912345678", "IT"),
    ("52", "044 55 1234 5678", "+525512345678", "MX"),
    ("52", "+52 1 55 1234 5678", "+525512345678", "MX"),
    ("54", "011 15 2345-6789", "+5491123456789", "AR"),
    ("54", "+54 9 11 2345 6789", "+5491123456789", "AR"),
    ("55", "(011) 91234-5678", "+5511912345678", "BR"),
    ("55", "11912345678", "+5511912345678", "BR"),
    ("7", "8 916 123-45-67", "+79161234567", "RU"),
    ("7", "+7 916 1234567", "+79161234567", "RU"),
    ("7", "8 701 123 4567", "+77011234567", "KZ"),
    ("36", "06 20 123 4567", "+36201234567", "HU"),
    ("33", "06 12 34 56 78", "+33612345678", "FR"),
    ("49", "0151 12345678", "+4915112345678", "DE"),
    ("49", "015112345678", "+4915112345678", "DE"),
    ("65", "8123 4567", "+6581234567", "SG"),
    ("971", "050 123 4567", "+971501234567", "AE"),
    ("225", "07 12 34 56 78", "+2250712345678", "CI"),
    ("61", "0412 345 678", "+61412345678", "AU"),
    ("61", "0011 61 412 345 678", "+61412345678", "AU"),
    ("880", "01712-345678", "+8801712345678", "BD"),
    ("977", "984-1234567", "+9779841234567", "NP"),
    ("92", "0301 2345678", "+923012345678", "PK"),
]

REJECTED = [
    ("91", "9.19816E+11", "scientific_notation"),
    ("91", "9,81612E+09", "scientific_notation"),
    ("91", "9816111111 / 9816111112", "multiple_numbers"),
    ("91", "9816111111, 9816111112", "multiple_numbers"),
    ("91", "9816111111 or 9816111112", "multiple_numbers"),
    ("91", "12345678901", "too_long"),
    ("91", "23456789012", "too_long"),
    ("39", "0347 1234567", "too_long"),
    ("91", "981611111", "too_short"),
    ("1", "555-2671", "too_short"),
    ("91", "5816111111", "not_mobile"),
    ("91", "1234567890", "not_mobile"),
    ("91", "1800123456", "not_mobile"),
    ("91", "01123456789", "not_mobile"),
    ("34", "912345678", "not_mobile"),
    ("44", "020 7946 0958", "not_mobile"),
    ("1", "800-555-0199", "not_mobile"),
    ("39", "+39 06 1234 5678", "not_mobile"),
    ("91", "5016111111", "invalid_number"),
    ("91", "0000000000", "invalid_number"),
    ("91", "+14155552671", "country_mismatch"),
    ("91", "98161ABCDE", "letters"),
    ("91", "", "empty"),
    ("91", None, "empty"),
    ("91", "N/A", "empty"),
    ("91", "0", "empty"),
    ("91", "-9816111111", "negative_number"),
    (None, "9816111111", "no_country"),
    ("", "9816111111", "no_country"),
    ("999", "9816111111", "no_country"),
]

ACCEPTED = [("91", mobile, "+919816111111", "IN") for mobile in INDIAN] + COUNTRIES
SHEET = [(country, mobile) for country, mobile, *_ in ACCEPTED + REJECTED]


@pytest.fixture(scope="module")
def repaired():
    """The whole table as one sheet, repaired."""
    return _repair(SHEET)


@pytest.mark.parametrize(("country", "mobile", "number", "region"), ACCEPTED)
def test_dirty_form_is_mended(repaired, country, mobile, number, region):
    """A number that can be read for sure comes out as E.164, with its region and no rule."""
    row = repaired.row(SHEET.index((country, mobile)), named=True)

    assert (row["rule"], f"+{row['msisdn']}", row["region"]) == (None, number, region)
    assert f"+{row['country_code']}{row['mobile']}" == number


@pytest.mark.parametrize(("country", "mobile", "rule"), REJECTED)
def test_dirty_form_is_rejected(repaired, country, mobile, rule):
    """What cannot be read for sure has a rule, and no number."""
    row = repaired.row(SHEET.index((country, mobile)), named=True)

    assert (row["rule"], row["msisdn"], row["mobile"], row["type"]) == (rule, None, None, None)


def test_company_changes_nothing(repaired):
    """A row alone comes out as it does among rows of other countries."""
    every_third = range(0, len(SHEET), 3)

    alone = pl.concat(_repair([SHEET[row]]) for row in every_third)

    assert_frame_equal(alone, repaired[list(every_third)])


def _repair(rows: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    sheet = pl.DataFrame(rows, schema={"Country": pl.String, "Mobile": pl.String}, orient="row")
    return repair(sheet, country_column="Country", mobile_column="Mobile")
