"""Recipes: the settings of a check in a file, and the same result from it, byte for byte."""

from datetime import date

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgframe.errors import UsageError
from msgframe.recipients import Recipe, Recipient, check, rule
from msgframe.spreadsheets import write_rejects

SHEET = pl.DataFrame(
    {
        "Prefijo": ["91", "91", "34", "91"],
        "Contacto": ["98161-11111", "9816111111", "612345678", "1"],
        "Plan": ["oro", "oro", "bronce", "N/A"],
    }
)


class Customer(Recipient):
    Plan: str = pa.Field(isin=["oro", "plata"], str_length={"max_value": 5})


class Coded(Customer):
    @rule("Plan", en="{column} is in capitals.")
    @classmethod
    def plan_is_small(cls, cell: pl.Expr) -> pl.Expr:
        return cell == cell.str.to_lowercase()


@pytest.mark.parametrize("name", ["check.toml", "check.json"])
def test_replay_gives_the_same_bytes(tmp_path, name):
    """Same sheet, same recipe: the frames and the workbook are equal to the last byte."""
    first = check(SHEET, Customer, country="91", keep="none", language="es", max_length=10)
    path = first.recipe.save(tmp_path / name)

    again = check(SHEET, recipe=path)

    for one, two in zip(first, again, strict=True):
        assert _bytes(one) == _bytes(two)
    rows = SHEET.with_row_index("row", offset=2)
    one = write_rejects(rows, first, tmp_path / "1.xlsx").read_bytes()
    two = write_rejects(rows, again, tmp_path / "2.xlsx").read_bytes()
    assert one == two
    assert again.recipe == first.recipe


def test_recipe_remembers_the_match(tmp_path):
    """Next month's sheet is matched as this month's was, even if its values look otherwise."""
    recipe = check(SHEET).recipe

    assert recipe.columns == {"mobile": "Contacto", "country": "Prefijo"}


def test_recipe_reads_as_a_person_would_write_it():
    """TOML, with the settings that are not the usual ones and nothing else."""
    recipe = Recipe(country="91", keep="all", severities={"blank": "error"})

    assert recipe.dumps() == 'country = "91"\nkeep = "all"\n\n[severities]\nblank = "error"\n'


def test_argument_beats_the_recipe(tmp_path):
    """What is said in the call counts more than what was saved."""
    saved = check(SHEET, country="91").recipe

    assert check(SHEET, recipe=saved, keep="all").accepted.height == 3


def test_check_that_is_code_needs_its_model():
    """A recipe knows code by name only, and says so where the model lacks it."""
    recipe = Recipe.loads(check(SHEET, Coded).recipe.dumps())

    with pytest.raises(UsageError, match=r"'plan_is_small', which is code.*check\(sheet, Model"):
        check(SHEET, recipe=recipe)
    assert check(SHEET, Coded, recipe=recipe).accepted.height == 1


class Dated(Recipient):
    """A field of each kind that a recipe can write down."""

    Due: date = pa.Field(ge=date(2026, 3, 1), isin=[date(2026, 3, 1), date(2026, 3, 2)])
    Age: int = pa.Field(ge=18, ignore_na=False, default=40, nullable=True)
    Plan: str = pa.Field(
        isin=["oro"],
        raise_warning=True,
        metadata={"messages": {"en": {"isin": "{column} is odd."}}},
    )
    Note: str | None = pa.Field(str_length={"max_value": 3})


def test_all_that_a_field_says_comes_back():
    """Dates, defaults, severities, sentences: the replay without the model finds the same."""
    sheet = pl.DataFrame(
        {
            "Mobile": ["9816111111", "9876111111", "9999999999"],
            "Due": ["2026-03-01", "2026-02-28", "x"],
            "Age": ["17", "", "40"],
            "Plan": ["oro", "plata", "oro"],
            "Note": ["abc", "abcd", None],
        }
    )
    first = check(sheet, Dated, country="91")

    for form in ("toml", "json"):
        again = check(sheet, recipe=Recipe.loads(first.recipe.dumps(form)))
        for one, two in zip(first, again, strict=True):
            assert _bytes(one) == _bytes(two)
    assert set(first.problems["message"]) >= {"Plan is odd.", "Note must have ≤ 3 characters."}


def test_words_of_a_check_come_back():
    """A check of a schema may bring words of its own; they are said here and on replay."""
    long = pa.Check.str_length(max_value=3, error="{column} is long.")
    schema = pa.DataFrameSchema({"Plan": pa.Column(str, long)})

    first = check(SHEET, schema)
    again = check(SHEET, recipe=Recipe.loads(first.recipe.dumps()))

    assert "Plan is long." in first.problems["message"].to_list()
    assert again.problems.equals(first.problems)


def test_column_that_is_code_needs_its_model():
    """A suggestion is an expression, which no file holds."""

    class Proposed(Recipient):
        Plan: str = pa.Field(isin=["oro"], metadata={"suggestion": pl.lit("oro")})

    recipe = Recipe.loads(check(SHEET, Proposed).recipe.dumps())

    with pytest.raises(UsageError, match="the column 'Plan' of a model in code"):
        check(SHEET, recipe=recipe)
    assert check(SHEET, Proposed, recipe=recipe).rejected.height > 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keep = 1 = 2", "neither TOML nor JSON"),
        ("kepe = 'all'", "Did you mean 'keep'"),
        ("keep = 'last'", "there are 'first', 'all', 'none'"),
        ("max_rejected = 2", "share from 0 to 1"),
        ("{", "neither TOML nor JSON"),
    ],
)
def test_recipe_that_no_check_can_follow_is_refused(text, said):
    """A slip in the file is answered before any row is looked at."""
    with pytest.raises(UsageError, match=said):
        Recipe.loads(text)


def test_recipe_that_is_not_there_is_named(tmp_path):
    """The error says which file."""
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        check(SHEET, recipe=tmp_path / "none.toml")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.builds(
        Recipe,
        country=st.none() | TEXT,
        columns=st.dictionaries(TEXT, TEXT, max_size=3),
        variables=st.none() | st.lists(TEXT, max_size=3),
        keep=st.sampled_from(["first", "all", "none"]),
        max_length=st.none() | st.integers(1, 10**6),
        max_rejected=st.none() | st.floats(0, 1),
        severities=st.dictionaries(TEXT, st.sampled_from(["error", "warning"]), max_size=3),
    ),
    st.sampled_from(["toml", "json"]),
)
def test_what_was_written_is_read_back(recipe, form):
    """The law of the file: nothing that a setting can hold is lost or changed in it."""
    assert Recipe.loads(recipe.dumps(form)) == recipe


def _bytes(frame: pl.DataFrame) -> bytes:
    return frame.serialize()
