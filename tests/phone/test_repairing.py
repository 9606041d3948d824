"""Repairs: each repair by its name, suggestions instead of guesses, and its laws."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from msgframe.errors import ColumnsError, UsageError
from msgframe.phone import REPAIRS, TYPE, msisdn, number_type, region, repair, split


def mended(mobile, country="91", **settings):
    """Repair one cell."""
    sheet = pl.DataFrame(
        {"Country": [country], "Mobile": [mobile]},
        schema={"Country": pl.String, "Mobile": pl.String},
    )
    return repair(sheet, country_column="Country", mobile_column="Mobile", **settings).row(
        0, named=True
    )


#: A country's cell, a mobile's cell, and the repairs that they need, in the candidates' order.
REPAIRED = [
    ("91", "9816111111", []),
    ("225", "0712345678", []),
    ("+91", "9816111111", ["country_cell"]),
    ("", "+919816111111", ["country_from_mobile", "plus"]),
    ("91", "\uff19\uff18161\u0661\u0661111", ["other_script"]),
    ("91", "98161\u200b11111", ["invisible"]),
    ("91", "'9816111111", ["quotes"]),
    ("91", '="9816111111"', ["quotes"]),
    ("91", "tel:9816111111", ["label"]),
    ("91", "9816111111 (mobile)", ["label", "separators"]),
    ("91", "9816111111 ext. 12", ["extension"]),
    ("91", "9.816111111E+09", ["scientific"]),
    ("91", "9816111111.0", ["decimal_tail"]),
    ("91", "(0)9816111111", ["optional_zero"]),
    ("91", "98161 11111", ["separators"]),
    ("91", "98161\u00a011111", ["separators"]),
    ("91", " 9816111111\t", ["separators"]),
    ("91", "+919816111111", ["plus", "country_in_mobile"]),
    ("91", "00919816111111", ["international_prefix", "country_in_mobile"]),
    ("1", "01114155552671", ["international_prefix", "country_in_mobile"]),
    ("91", "919816111111", ["country_in_mobile"]),
    ("91", "+91919816111111", ["plus", "country_in_mobile", "country_twice"]),
    ("91", "91919816111111", ["country_in_mobile", "country_twice"]),
    ("91", "09816111111", ["trunk_prefix"]),
    ("7", "89161234567", ["trunk_prefix"]),
    ("91", "0919816111111", ["country_in_mobile", "trunk_prefix"]),
    ("52", "0445512345678", ["former_prefix"]),
    (
        "India",
        "'Mob. +91 (0) 98161-11111",
        [
            *("country_cell", "quotes", "label", "optional_zero"),
            *("separators", "plus", "country_in_mobile"),
        ],
    ),
]


@pytest.mark.parametrize(("country", "mobile", "names"), REPAIRED)
def test_each_repair_is_recorded_by_name(country, mobile, names):
    """What was done to a cell is told, in the order of the candidates, and nothing else is."""
    row = mended(mobile, country)

    assert (row["repairs"], row["rule"]) == (names, None)


def test_every_repair_is_seen():
    """Each name in the table of repairs happens in a test."""
    elsewhere = {"default_country", "first_of_several"}

    assert elsewhere | {name for *_, names in REPAIRED for name in names} == set(REPAIRS)


def test_default_is_for_blank_cells_only():
    """The default fills a blank country, which is told; a country that is there stays."""
    sheet = pl.DataFrame({"Country": ["", "34", None], "Mobile": ["9816111111", "612345678", "0"]})

    got = repair(sheet, country_column="Country", mobile_column="Mobile", default="IN")

    assert got["msisdn"].to_list() == [919816111111, 34612345678, None]
    assert got["repairs"].to_list() == [["default_country"], [], []]


def test_default_without_a_country_column():
    """A sheet of one country needs no such column: its default is no repair."""
    sheet = pl.DataFrame({"Mobile": ["9816111111", "+1 415 555 2671"]})

    got = repair(sheet, mobile_column="Mobile", default="91")

    assert got["msisdn"].to_list() == [919816111111, 14155552671]
    assert got["repairs"].to_list() == [[], ["country_from_mobile", "separators", "plus"]]


@pytest.mark.parametrize("country", ["in", "IND", "India", "भारत", "India (+91)", " 0091", "91.0"])
def test_country_in_other_words(country):
    """A country may be its calling code, ISO letters, or its name, with or without its accents."""
    assert mended("9816111111", country)["country_code"] == "91"


@pytest.mark.parametrize(("country", "code"), [("España", "34"), ("ESPANA", "34"), ("UK", "44")])
def test_country_without_accents(country, code):
    """People leave accents out, and write everyday names."""
    mobile = {"34": "612345678", "44": "07911123456"}[code]

    assert mended(mobile, country)["country_code"] == code


@pytest.mark.parametrize("country", ["999", "Indai", "India (+44)", "91/44"])
def test_country_that_cannot_be_read(country):
    """A country that is misspelt or says two things is not guessed."""
    assert mended("9816111111", country)["rule"] == "no_country"


NOTHINGS = [
    "",
    " ",
    "-",
    "?",
    "0",
    "0.0",
    "\u200b",
    "N/A",
    "n.a.",
    "null",
    "NaN",
    "s/n",
    "pendiente",
]
ERRORS = ["#N/A", "#N/D", "#REF!", "#¡REF!", "#DIV/0!"]


@pytest.mark.parametrize("nothing", [*NOTHINGS, *ERRORS])
def test_nothing_is_empty(nothing):
    """What people and spreadsheets write for nothing is an empty cell, not a wrong number."""
    assert mended(nothing)["rule"] == "empty"


@pytest.mark.parametrize(
    "mobile",
    [
        "Tel.: 9816111111",
        "Móvil 98161 11111",
        "M: 9816111111",
        "Nº 9816111111",
        "Ph. No. 9816111111",
        "Contact #: 9816111111",
        "9816111111 home",
        "9816111111 (WhatsApp)",
        "whatsapp:+919816111111",
        "https://wa.me/919816111111",
    ],
)
def test_labels(mobile):
    """A label in front or behind says what the number is for, and is left out."""
    row = mended(mobile)

    assert row["msisdn"] == 919816111111
    assert "label" in row["repairs"]


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64])
def test_numbers_that_came_as_numbers(dtype):
    """Columns of integers and decimals are read as the text that they show."""
    sheet = pl.DataFrame({"c": [91], "m": [919816111111]}, schema={"c": dtype, "m": dtype})

    assert repair(sheet, country_column="c", mobile_column="m")["msisdn"].to_list() == [
        919816111111
    ]


@pytest.mark.parametrize(
    ("country", "mobile", "rule", "suggestion"),
    [
        ("91", "98161O1111", "letters", "+919816101111"),
        ("91", "98l61 lllll", "letters", "+919816111111"),
        ("91", "Juan 9816111111", "letters", "+919816111111"),
        ("91", "9816111111 (Juan)", "letters", "+919816111111"),
        ("91", "98161ABCDE", "letters", None),
        ("91", "-9816111111", "negative_number", "+919816111111"),
        ("91", "9816111111 / 12", "multiple_numbers", "+919816111111"),
        ("91", "9816111111?", "invalid_number", "+919816111111"),
        ("91", "+9816111111", "country_mismatch", "+919816111111"),
        ("91", "+14155552671", "country_mismatch", None),
        ("", "919816111111", "no_country", "+919816111111"),
        ("39", "0347 1234567", "too_long", "+393471234567"),
        ("39", "+39 (0) 347 1234567", "too_long", "+393471234567"),
        ("55", "(11) 8123-4567", "invalid_number", "+5511981234567"),
        ("91", "9.19816E+11", "scientific_notation", None),
        ("91", "981611111", "too_short", None),
        ("34", "912345678", "not_mobile", None),
    ],
)
def test_what_is_not_sure_is_suggested(country, mobile, rule, suggestion):
    """A likely meaning is said and not done; where none is likely, none is said."""
    row = mended(mobile, country)

    assert (row["rule"], row["suggestion"], row["msisdn"]) == (rule, suggestion, None)


@pytest.mark.parametrize(
    "mobile",
    [
        "9816111111 / 9816111112",
        "9816111111;9816111112",
        "9816111111\n9816111112",
        "9816111111 or 9816111112",
        "9816111111 y 9816111112",
        "9816111111 9816111112",
        "9816111111-9816111112",
        "98161 11111 - 98161 11112",
        "+919816111111 +919816111112",
        "+91 98161 11111+91 98161 11112",
        "Tel. 9816111111 / Mob. 9816111112",
    ],
)
def test_several_numbers_in_a_cell(mobile):
    """Two numbers are rejected, or the first is taken and said, or each gets its row."""
    sheet = pl.DataFrame({"row": [7], "Country": ["91"], "Mobile": [mobile]})
    parted = split(sheet, mobile_column="Mobile")
    numbers = repair(parted, country_column="Country", mobile_column="Mobile")["msisdn"]

    assert mended(mobile)["rule"] == "multiple_numbers"
    assert mended(mobile, several="first")["msisdn"] == 919816111111
    assert "first_of_several" in mended(mobile, several="first")["repairs"]
    assert parted["row"].to_list() == [7, 7]
    assert numbers.to_list() == [919816111111, 919816111112]


@pytest.mark.parametrize(
    ("country", "mobile"),
    [
        ("49", "0151/12345678"),
        ("49", "0049151 12345678"),
        ("91", "9,816,111,111"),
        ("91", "98161/11111"),
        ("91", "9816111111 /"),
        ("91", None),
    ],
)
def test_one_number_stays_one(country, mobile):
    """Marks inside of a number part nothing."""
    sheet = pl.DataFrame({"Mobile": [mobile]}, schema={"Mobile": pl.String})

    assert split(sheet, mobile_column="Mobile").equals(sheet)
    assert mended(mobile, country)["rule"] in {None, "empty"}


def test_split_leaves_an_unsure_cell_whole():
    """Where a part is too short to be a number by itself, the cell stays, and is rejected."""
    sheet = pl.DataFrame({"Mobile": ["9816111111 / 12"]})

    assert split(sheet, mobile_column="Mobile").equals(sheet)


def test_repair_does_not_split():
    """A repaired frame has the sheet's height: splitting is another door, and the error says so."""
    with pytest.raises(UsageError, match=r"several='split'.*split\(sheet"):
        mended("9816111111", several="split")


def test_unknown_default():
    """A default that is no country is wrong use."""
    with pytest.raises(UsageError, match="default='XX'"):
        mended("9816111111", default="XX")


def test_missing_column():
    """A column that the sheet lacks raises, and says what there is."""
    with pytest.raises(ColumnsError, match="'Movil'"):
        repair(pl.DataFrame({"Mobile": ["1"]}), mobile_column="Movil", default="91")


def test_sheet_stays_as_it_was():
    """Repair gives a new frame."""
    sheet = pl.DataFrame({"Mobile": ["+91 98161 11111"]})
    repair(sheet, mobile_column="Mobile", default="91")

    assert sheet.rows() == [("+91 98161 11111",)]


def test_columns_and_dtypes():
    """The columns are the promised ones, for an empty sheet as for a full one."""
    promised = {
        "country_code": pl.String,
        "mobile": pl.String,
        "msisdn": pl.Int64,
        "type": TYPE,
        "region": pl.String,
        "repairs": pl.List(pl.String),
        "rule": pl.String,
        "suggestion": pl.String,
    }
    sheet = pl.DataFrame({"Mobile": ["9816111111", "0 9816111111", "x"]})

    for rows in (sheet, sheet.head(1), sheet.tail(1), sheet.clear()):
        assert repair(rows, mobile_column="Mobile", default="91").schema == promised


def test_large_sheet_is_read_in_slices():
    """A sheet of many rows, which threads share, comes out as its rows do."""
    few = pl.DataFrame({"Mobile": ["9816111111", "+91 98161 11111", "x", "", "1800123456"]})
    many = pl.concat([few] * 30_000)

    got = repair(many, mobile_column="Mobile", default="91")

    assert_frame_equal(got, pl.concat([repair(few, mobile_column="Mobile", default="91")] * 30_000))


MARKS = ["", " ", "-", ".", "(0)", "+", "00", "0", "91", "+91 ", "\u00a0", "/", "e", "O", "ext 1"]
DIGITS = ["98161", "11111", "9816111111", "415", "5552671", "151", "2345678"]
COUNTRIES = st.sampled_from(["91", "39", "49", "54", "1", "IN", "", None])
HEAPS = st.lists(st.sampled_from(MARKS + DIGITS), max_size=6).map("".join)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(COUNTRIES, st.text() | HEAPS), max_size=20))
def test_any_cell_has_an_answer(rows):
    """Whatever is in a cell, each row is either a sendable number or has a rule, never both."""
    sheet = pl.DataFrame(rows, schema={"c": pl.String, "m": pl.String}, orient="row")
    got = repair(sheet, country_column="c", mobile_column="m")
    found = got.filter(pl.col("rule").is_null())
    joined = found.select(msisdn("country_code", "mobile"))

    assert got.height == sheet.height
    assert got["msisdn"].is_null().equals(got["rule"].is_not_null())
    assert found["type"].is_in(["MOBILE", "FIXED_LINE_OR_MOBILE"]).all()
    assert_frame_equal(
        found.select("msisdn", "type", "region"),
        joined.with_columns(number_type("msisdn"), region("msisdn")),
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(COUNTRIES, HEAPS), max_size=20))
def test_repair_is_idempotent(rows):
    """What came out of repair goes through it unchanged."""
    sheet = pl.DataFrame(rows, schema={"c": pl.String, "m": pl.String}, orient="row")
    once = repair(sheet, country_column="c", mobile_column="m").filter(pl.col("rule").is_null())

    again = repair(once, country_column="country_code", mobile_column="mobile")

    assert_frame_equal(again.drop("repairs"), once.drop("repairs"))
    assert again["repairs"].list.len().sum() == 0


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)))
def test_order_does_not_matter(order):
    """A row's answer does not depend on its neighbours."""
    cells = ["9816111111", "+91 98161 11111", "x", "", "0", "1/2", "9816111111 / 9816111112"]
    cells += ["9.19816111111E+11", "\uff19", "tel 9816111111", "+1 415 555 2671", "1800123456"]
    sheet = pl.DataFrame({"Mobile": cells})

    straight = repair(sheet, mobile_column="Mobile", default="91")

    assert_frame_equal(
        repair(sheet[list(order)], mobile_column="Mobile", default="91"), straight[list(order)]
    )
