"""The verdicts of a model are pandera's own, row for row, whatever evaluates them here."""

from datetime import date

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors
from pandera.polars import PolarsData

from msgframe.errors import ColumnsError, DataError, UsageError
from msgframe.recipients import Recipient, check, rule
from msgframe.recipients.models import verdicts

TEXT = st.none() | st.sampled_from(["", "a", "ab", "abc", "oro", "$5", "x5", "Ñ", "5", "٥", "a b"])
NUMBER = st.none() | st.sampled_from([-3.5, -1.0, 0.0, 1.0, 2.5, 7.0, float("inf"), float("nan")])
WHOLE = st.none() | st.integers(-3, 3)
DAY = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 5))
COLUMNS = {"text": pl.String, "number": pl.Float64, "whole": pl.Int64, "day": pl.Date}

TEXT_CHECKS = st.sampled_from(
    [
        pa.Check.equal_to("oro"),
        pa.Check.not_equal_to("a"),
        pa.Check.isin(["oro", "plata", "a"]),
        pa.Check.notin(["", "5"]),
        pa.Check.str_matches(r"[a-z]+$"),
        pa.Check.str_matches(r"^\d"),
        pa.Check.str_contains(r"\s|5"),
        pa.Check.str_startswith("$"),
        pa.Check.str_endswith("5"),
        pa.Check.str_length(1, 2),
        pa.Check.str_length(max_value=2),
        pa.Check.str_length(min_value=3),
        pa.Check.str_length(exact_value=2),
        pa.Check(
            lambda data: data.lazyframe.select(pl.col(data.key).str.len_chars() > 1), name="x"
        ),
        pa.Check(lambda value: value != "a", element_wise=True, name="each"),
        pa.Check.isin(["oro"], ignore_na=False),
    ]
)
SIZE_CHECKS = (
    pa.Check.greater_than(0),
    pa.Check.greater_than_or_equal_to(1),
    pa.Check.less_than(2),
    pa.Check.less_than_or_equal_to(0, ignore_na=False),
    pa.Check.in_range(-1, 2),
    pa.Check.in_range(-1, 2, include_min=False, include_max=False),
    pa.Check.equal_to(1),
)
NUMBER_CHECKS = st.sampled_from([*SIZE_CHECKS, pa.Check.isin([1.0, 2.5])])
WHOLE_CHECKS = st.sampled_from([*SIZE_CHECKS, pa.Check.notin([1, 2])])
DAY_CHECKS = st.sampled_from(
    [
        pa.Check.ge(date(2026, 1, 3)),
        pa.Check.lt(date(2026, 1, 2)),
        pa.Check.isin([date(2026, 1, 4)]),
    ]
)
ROW_CHECKS = st.sampled_from(
    [
        pa.Check(
            lambda data: data.lazyframe.select(pl.col("number") > pl.col("whole")), name="row"
        ),
        pa.Check(
            lambda data: data.lazyframe.select(pl.col("number") > 0, pl.col("whole") > 0),
            name="two",
        ),
        pa.Check(
            lambda data: data.lazyframe.select(pl.col("text").is_not_null()),
            name="strict",
            ignore_na=False,
        ),
    ]
)


def column(checks):
    return st.builds(
        lambda several, nullable, unique: {
            "checks": several,
            "nullable": nullable,
            "unique": unique,
        },
        st.lists(checks, max_size=2, unique_by=id),
        st.booleans(),
        st.booleans(),
    )


@st.composite
def schemas(draw):
    of = {"text": TEXT_CHECKS, "number": NUMBER_CHECKS, "whole": WHOLE_CHECKS, "day": DAY_CHECKS}
    columns = {n: pa.Column(COLUMNS[n], **draw(column(checks))) for n, checks in of.items()}
    unique = draw(st.sampled_from([None, ["text"], ["text", "whole"]]))
    rows = draw(st.lists(ROW_CHECKS, max_size=2, unique_by=id))
    return pa.DataFrameSchema(columns, checks=rows, unique=unique)


def of_pandera(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> set[tuple[str, int]]:
    """Give what pandera itself finds: the rule and the row of each failure."""
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        return {
            (_rule(check), index)
            for check, index in cases.select("check", "index").rows()
            if index is not None
        }
    return set()


def _rule(check: str) -> str:
    known = {"field_uniqueness": "unique", "multiple_fields_uniqueness": "joint_unique"}
    return known.get(check, check).split("(")[0]


def of_ours(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> set[tuple[str, int]]:
    return {
        (mark.rule, index)
        for mark in verdicts(frame, schema)
        for index in mark.broken.collect().to_series().arg_true()
    }


CASES = given(st.lists(st.tuples(TEXT, NUMBER, WHOLE, DAY), min_size=2, max_size=7), schemas())


def agrees(rows, schema):
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    assert of_ours(frame, schema) == of_pandera(frame, schema)


@settings(max_examples=25)
@CASES
def test_verdicts_are_panderas(rows, schema):
    """Any model, any cells: the same rules broken in the same rows."""
    agrees(rows, schema)


@pytest.mark.slow
@settings(max_examples=700)
@CASES
def test_verdicts_are_panderas_at_length(rows, schema):
    """The same, for as long as a slow test may take."""
    agrees(rows, schema)


def test_every_group_of_unique_columns_is_looked_at():
    """Here pandera stops at the first group with repeats and loses the rows of the others."""
    frame = pl.DataFrame({"a": ["x", "x", "y"], "b": ["1", "2", "2"]})
    columns = {"a": pa.Column(str), "b": pa.Column(str)}
    schema = pa.DataFrameSchema(columns, unique=[["a"], ["b"]])  # type: ignore[arg-type]

    assert of_pandera(frame, schema) == {("joint_unique", 0), ("joint_unique", 1)}
    assert of_ours(frame, schema) == {("joint_unique", row) for row in (0, 1, 2)}


def sheet(**columns):
    return pl.DataFrame({"Mobile": ["9816111111", "9876111111", "9999999999"], **columns})


def test_whole_frame_checks_of_pandera_reject_their_rows():
    """A check that compares columns is about the row, not about a cell."""

    class Capped(Recipient):
        Spent: int
        Limit: int

        @pa.dataframe_check
        @classmethod
        def within_limit(cls, data: PolarsData) -> pl.LazyFrame:
            return data.lazyframe.select(pl.col("Spent") <= pl.col("Limit"))

    problems = check(
        sheet(Spent=["1", "9", "3"], Limit=["5", "5", "5"]), Capped, country="91"
    ).problems

    assert problems.select("row", "column", "cell", "rule", "message").rows() == [
        (3, None, None, "within_limit", "The row does not meet the rule within limit.")
    ]


def test_check_method_says_its_docstring():
    """A method of pandera's own says what it was written with, where nothing better is known."""

    class Paid(Recipient):
        Saldo: str

        @pa.check("Saldo")
        @classmethod
        def saldo_is_paid(cls, data: PolarsData) -> pl.LazyFrame:
            """Saldo must be zero."""
            return data.lazyframe.select(pl.col(data.key) == "0")

    problems = check(sheet(Saldo=["0", "1", "0"]), Paid, country="91").problems

    assert problems["message"].to_list() == ["Saldo must be zero."]


def test_warning_of_pandera_only_tells():
    """`raise_warning=True` is pandera's own word for a problem that stops nobody."""

    class Told(Recipient):
        Saldo: str = pa.Field(raise_warning=True, str_startswith="$")

    checked = check(sheet(Saldo=["$1", "2", "$3"]), Told, country="91")

    assert checked.accepted.height == 3
    assert checked.problems["severity"].to_list() == ["warning"]


def test_field_brings_its_sentences_and_its_suggestion():
    """What a field says stands in its metadata, by language and check."""

    class Priced(Recipient):
        Saldo: str = pa.Field(
            str_startswith="$",
            metadata={
                "messages": {"es": {"str_startswith": "{column}: falta el signo."}},
                "suggestion": {"str_startswith": pl.format("${}", "Saldo")},
            },
        )

    problems = check(sheet(Saldo=["$1", "2", "$3"]), Priced, country="91", language="es").problems

    assert problems.select("message", "suggestion").rows() == [("Saldo: falta el signo.", "$2")]


def test_closed_choice_proposes_what_was_probably_meant():
    """Case, accents and blanks are slips of the pen; another word is not."""

    class Planned(Recipient):
        Plan: str = pa.Field(isin=["Básico", "Oro"])

    problems = check(sheet(Plan=["basico ", "ORO", "Plata"]), Planned, country="91").problems

    assert problems["suggestion"].to_list() == ["Básico", "Oro", None]


def test_enum_is_a_closed_choice():
    """A column typed as an enum is told like one that `isin` closes, drop-down included."""

    class Planned(Recipient):
        Plan: pl.Enum = pa.Field(dtype_kwargs={"categories": ["oro", "plata"]})

    checked = check(sheet(Plan=["oro", "Plata", "x"]), Planned, country="91")

    assert checked.choices == {"Plan": ["oro", "plata"]}
    assert checked.problems["message"].to_list() == ["Plan must be one of oro, plata."] * 2


def test_pattern_stands_for_several_columns():
    """A field with `regex=True` holds for every column that fits."""

    class Amounts(Recipient):
        var: str = pa.Field(alias=r"Var\d+", regex=True, str_startswith="$")

    problems = check(sheet(Var1=["$1", "x", "$3"], Var2=["y", "$2", "$3"]), Amounts, country="91")

    assert problems.problems["cell"].to_list() == ["C2", "B3"]


def test_optional_column_may_be_missing():
    """`X | None` is pandera's word for a column that need not be there."""

    class Maybe(Recipient):
        Note: str | None = pa.Field(str_startswith="$")

    assert check(sheet(), Maybe, country="91").accepted.height == 3


def test_default_fills_a_blank_cell():
    """In a sheet a blank cell is a missing value, so a field's default takes its place."""

    class Filled(Recipient):
        Trato: str = pa.Field(default="cliente")
        Age: int = pa.Field(default=0)

    checked = check(
        sheet(Trato=["Sr.", " ", None], Age=["3", "", None]), model=Filled, country="91"
    )

    assert checked.accepted.select("Trato", "Age").rows() == [
        *(("Sr.", 3), ("cliente", 0), ("cliente", 0)),
    ]
    assert checked.problems.is_empty()


def test_schema_serves_as_well_as_a_model():
    """pandera's schema objects are taken as they are."""
    schema = pa.DataFrameSchema({"Name": pa.Column(str, pa.Check.str_startswith("A"))})

    problems = check(sheet(Name=["Ana", "Eva", "Ada"]), schema, country="91").problems

    assert problems["cell"].to_list() == ["B3"]


def test_strict_model_refuses_other_columns():
    """A strict model is a statement about the sheet's shape: an error, before any row."""

    class Strict(Recipient):
        class Config:
            strict = True

    with pytest.raises(ColumnsError, match=r"is strict and knows nothing of 'Name'.*drop"):
        check(sheet(Name=["a", "b", "c"]), Strict, country="91")


def test_check_that_raises_is_told_not_swallowed():
    """pandera calls a check that raises a failure without a row; here it stops, by name."""

    class Broken(Recipient):
        Name: str = pa.Field(str_matches="(?=x)")  # polars has no look-around

    with pytest.raises(UsageError, match="The check 'str_matches' of 'Name' cannot be run"):
        check(sheet(Name=["a", "b", "c"]), Broken, country="91")


def test_check_of_all_rows_together_stops():
    """A mean has no row to blame; nothing is split rather than the first row rejected."""

    class Level(Recipient):
        Age: int

        @pa.check("Age")
        @classmethod
        def mean_is_low(cls, data: PolarsData) -> pl.LazyFrame:
            return data.lazyframe.select(pl.col(data.key).mean() < 30)

    with pytest.raises(DataError, match="'mean_is_low' of 'Age' looks at all rows together"):
        check(sheet(Age=["20", "90", "30"]), Level, country="91")
    assert check(sheet(Age=["20", "30", "25"]), Level, country="91").accepted.height == 3


def test_unique_number_is_the_models_to_ask_for():
    """pandera's `unique` flags every copy, the first one too; numbers that are unknown are none."""

    class Once(Recipient):
        msisdn: int = pa.Field(unique=True)

    typed = pl.DataFrame({"Mobile": ["9816111111", "+91 9816111111", "1", "2"], "n": list("abcd")})

    problems = check(typed, Once, country="91").problems

    assert problems.filter(rule="unique")["row"].to_list() == [2, 3]


def test_rule_proposes_a_better_value():
    """A suggestion is an expression over the row: over one cell, or over several."""

    class Proposed(Recipient):
        Name: str
        City: str = pa.Field(metadata={"severity": "warning"}, str_startswith="A")

        @rule("Name", en="", suggestion=pl.col("Name").str.to_titlecase())
        @classmethod
        def name_is_capital(cls, cell: pl.Expr) -> pl.Expr:
            return cell.str.contains("^[A-Z]")

        @rule("City", en="", severity="warning", suggestion=pl.col("City") + pl.col("Name"))
        @classmethod
        def city_is_short(cls, cell: pl.Expr) -> pl.Expr:
            return cell.str.len_chars() < 4

    typed = sheet(Name=["ana", "Eva", "ana"], City=["Ast", "Avila", "Bo"])

    problems = check(typed, Proposed, country="91").problems

    assert problems.select("cell", "rule", "severity", "suggestion").rows() == [
        ("B2", "name_is_capital", "error", "Ana"),
        ("C3", "city_is_short", "warning", "AvilaEva"),
        ("B4", "name_is_capital", "error", "Ana"),
        ("C4", "str_startswith", "warning", None),
    ]


def test_rule_is_an_ordinary_check_of_pandera():
    """A check written with `rule` holds in `Model.validate` as well."""

    class Ruled(Recipient):
        Name: str

        @rule("Name", en="short")
        @classmethod
        def is_long(cls, cell: pl.Expr) -> pl.Expr:
            return cell.str.len_chars() > 2

        @rule(en="{rule}")
        @classmethod
        def name_is_not_the_number(cls) -> pl.Expr:
            return pl.col("Name") != pl.col("mobile")

    frame = check(sheet(Name=["Ana", "Eva", "Leo"]), Ruled, country="91").accepted
    bad = frame.with_columns(Name=pl.Series(["A", "9876111111", "Leo"]))

    with pytest.raises(SchemaErrors) as errors:
        Ruled.validate(bad, lazy=True)
    assert set(errors.value.failure_cases["check"]) == {"is_long", "name_is_not_the_number"}
