"""What messages cost, and what would make them cheaper."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgframe.errors import ColumnsError, DataError, SheetError, TooCostly
from msgframe.messages.components import contents, measure
from msgframe.messages.forecasts import forecast, price_table
from msgframe.messages.rendering import render
from msgframe.messages.savings import _replacements as replacements
from msgframe.messages.savings import advise

if TYPE_CHECKING:
    from pathlib import Path

PRICES = {"91": "0.0021", "34": Decimal("0.061")}


@pytest.fixture
def messages() -> pl.DataFrame:
    """Four messages to two countries, of one to three segments."""
    return pl.DataFrame(
        {
            "country_code": ["91", "91", "34", "91"],
            "encoding": ["GSM-7", "UCS-2", "GSM-7", "GSM-7"],
            "segments": pl.Series([1, 3, 1, 2], dtype=pl.UInt8),
        }
    )


def test_totals(messages: pl.DataFrame) -> None:
    """Messages, segments, encodings, and how long texts are at the median, at 95 and at most."""
    totals = forecast(messages).totals

    assert totals.row(0, named=True) == {
        "messages": 4,
        "segments": 7,
        "gsm7": 3,
        "ucs2": 1,
        "p50": 2,
        "p95": 3,
        "longest": 3,
    }


def test_money_is_exact(messages: pl.DataFrame) -> None:
    """Amounts are decimals: no float comes near them."""
    countries = forecast(messages, prices=PRICES).countries

    assert countries.select("country_code", "segments", "amount").rows() == [
        ("34", 1, Decimal("0.061000")),
        ("91", 6, Decimal("0.012600")),
    ]


def test_many_small_amounts_add_up() -> None:
    """A million segments at 0.0021 are 2,100, to the last place."""
    frame = pl.DataFrame({"country_code": ["91"], "encoding": ["GSM-7"], "segments": [1]}).select(
        pl.all().repeat_by(1_000_000).explode()
    )

    assert forecast(frame, prices=PRICES).money["amount"].item() == Decimal(2100)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".parquet"])
def test_prices_from_a_file(messages: pl.DataFrame, tmp_path: Path, suffix: str) -> None:
    """A price list may be a file, with its currency, and calling codes with a plus."""
    prices = pl.DataFrame(
        {"country_code": ["+91", "34"], "price": ["0.0021", "0.061"], "currency": ["EUR", "EUR"]}
    )
    path = tmp_path / f"prices{suffix}"
    match suffix:
        case ".csv":
            prices.write_csv(path)
        case ".tsv":
            prices.write_csv(path, separator="\t")
        case ".json":
            prices.write_json(path)
        case _:
            prices.write_parquet(path)

    money = forecast(messages, prices=path).money

    assert money.rows() == [("EUR", Decimal("0.073600"), 0)]


@pytest.mark.parametrize(
    "exported",
    [
        "sep=;\r\ncountry_code;price;currency\r\n91;0,0021;€\r\n34;0,061;€\r\n".encode("cp1252"),
        "country_code\tprice\tcurrency\n91\t0,0021\t€\n34\t0,061\t€\n".encode("utf-16"),
    ],
    ids=["Excel's own CSV", "UTF-16"],
)
def test_prices_as_excel_exports_them(messages: pl.DataFrame, tmp_path: Path, exported: bytes):
    """A price list is read like any other table: its encoding, its delimiter, decimal commas."""
    path = tmp_path / "prices.csv"
    path.write_bytes(exported)

    assert forecast(messages, prices=path).money.rows() == [("€", Decimal("0.073600"), 0)]


def test_a_comma_that_may_be_a_thousands_mark_is_refused():
    """`1,234` is 1.234 to one reader and 1234 to another, and money is not guessed."""
    with pytest.raises(DataError, match="1 of 2 prices cannot be read"):
        price_table({"91": "1,234", "34": "1,23"}, verb="forecast")


def test_a_country_without_a_price_is_said(messages: pl.DataFrame) -> None:
    """What has no price has no amount, and its segments are counted as such."""
    seen = forecast(messages, prices={"34": "0.061"})

    assert seen.countries.filter(country_code="91")["amount"].to_list() == [None]
    assert seen.money["unpriced_segments"].sum() == 6


@pytest.mark.parametrize(
    ("prices", "error", "told"),
    [
        ({"91": "free"}, DataError, "1 of 1 prices cannot be read; the first is ('91', 'free')"),
        ({"91": "-1"}, DataError, "cannot be read"),
        ({"91": "1", "+91": "2"}, DataError, "several prices for '91'"),
        (pl.DataFrame({"country_code": ["91"]}), ColumnsError, "needs 1 more column: 'price'"),
        ("prices.docx", SheetError, "prices.docx"),
    ],
)
def test_wrong_prices(
    messages: pl.DataFrame, prices: object, error: type[Exception], told: str
) -> None:
    """A price list that cannot be trusted is refused with the cell."""
    with pytest.raises(error) as refused:
        forecast(messages, prices=prices)  # type: ignore[arg-type]

    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("guards", "told"),
    [
        ({"max_segments": 2}, "1 of 4 texts have more than max_segments=2: the longest has 3"),
        ({"max_cost": 6}, "need 7 segments, more than max_cost=6"),
        ({"prices": PRICES, "max_cost": "0.07"}, "need 0.0736 in money, more than max_cost=0.07"),
        (
            {"prices": {"34": "1"}, "max_cost": 9},
            "cannot be judged: no price for '91' (3 messages)",
        ),
    ],
)
def test_guards_stop(messages: pl.DataFrame, guards: dict[str, object], told: str) -> None:
    """A guard stops with what was found and what was allowed."""
    with pytest.raises(TooCostly) as refused:
        forecast(messages, **guards)  # type: ignore[arg-type]

    assert told in str(refused.value)


def test_guards_let_pass(messages: pl.DataFrame) -> None:
    """What is within the guards passes."""
    seen = forecast(messages, prices=PRICES, max_segments=3, max_cost="0.0736")

    assert seen.totals["messages"].item() == 4


def test_held_rows_cost_nothing(messages: pl.DataFrame) -> None:
    """What a plan holds back is not counted."""
    held = messages.with_columns(held=pl.Series([None, "opted out", None, None]))

    assert forecast(held).totals["segments"].item() == 4


def test_nothing_to_send(messages: pl.DataFrame) -> None:
    """No message costs nothing."""
    seen = forecast(messages.clear(), prices=PRICES, max_segments=1, max_cost=0)

    assert seen.totals["segments"].item() == 0


def test_a_forecast_shows_itself(messages: pl.DataFrame) -> None:
    """One line in a terminal, small tables in a notebook."""
    seen = forecast(messages, prices=PRICES)

    assert repr(seen) == "Forecast(totals=1 row, countries=2 rows, lengths=3 rows, money=1 row)"
    assert "0.061" in seen._repr_html_()


def told(template: str, cells: list[str], **settings: object) -> list[tuple[str, str, int]]:
    found = advise(render(pl.DataFrame({"name": cells}), template), **settings)  # type: ignore[arg-type]
    return found.savings.select("kind", "piece", "saved").rows()


def test_a_sign_of_the_template() -> None:
    """One sign in the template that makes most texts two parts is the first thing to hear."""
    template = "It’s time, ##name##: " + "please pay your bill. " * 4
    people = pl.DataFrame({"name": ["Ana"] * 9_412 + ["Зоя"] * 588})

    advice = advise(render(people, template))

    assert advice.savings["message"][0] == (
        "’ in the template makes 9,412 of 10,000 texts longer, in UCS-2: write what GSM-7 has "
        "instead (smart=True), −9,412 segments (−47%)"
    )
    assert advice.of(1).height == 9_412
    assert advice.of(1)["row"].max() == 9_411


def test_signs_accents_and_emoji_of_a_variable() -> None:
    """Each is said with the rows that have it; accents only for what signs alone do not save."""
    cells = ["Ana"] * 10 + ["O’N"] * 3 + ["María"] * 2 + ["Zoé 👍"] + ["Зоя"]

    assert told("##name##" + "x" * 100, cells) == [
        ("accents", "Var1", 5),
        ("signs", "Var1", 3),
        ("emoji", "Var1", 1),
    ]


def test_only_together() -> None:
    """Where template and value both have a sign, only changing both helps."""
    assert told("it’s ##name## " + "x" * 100, ["O’Neill"] * 4) == [("signs", "all", 4)]


def test_over_the_edge() -> None:
    """Texts that are a few characters too long are told, with the variable that is too long."""
    people = pl.DataFrame({"name": ["Ana"] * 100 + ["Bartolomeo"] * 20})

    advice = advise(render(people, "##name##, " + "x" * 152))

    assert advice.savings.select("kind", "piece", "texts", "saved").rows() == [
        ("edge", "template", 20, 20),
        ("edge", "Var1", 20, 20),
    ]
    assert advice.savings["message"][1] == (
        "Var1 is over the edge by at most 4 characters in 20 rows: shorten it, −20 segments (−14%)"
    )
    assert told("##name##, " + "x" * 152, ["Ana"] * 5 + ["Bartolomeo"], within=3) == []


def test_money_saved() -> None:
    """With prices, each advice says what it saves in money."""
    people = pl.DataFrame({"country_code": ["34", "91"], "name": ["O’N", "O’N"]})

    advice = advise(render(people, "##name##" + "x" * 100), prices=PRICES)

    assert advice.savings["amount"].to_list() == [Decimal("0.063100")]


def test_nothing_to_save() -> None:
    """Short plain texts leave nothing to say, and the frames keep their columns."""
    advice = advise(render(pl.DataFrame({"name": ["Ana"]}), "Hola ##name##"))

    assert advice.savings.height == 0
    assert advice.savings.columns == [
        "rank", "kind", "piece", "message", "texts", "saved", "share", "amount",
    ]  # fmt: skip
    assert advice.rows.height == 0
    assert repr(advice) == "Advice(savings=0 rows, rows=0 rows)"


def test_no_messages_and_no_variables() -> None:
    """An empty frame and a text without variables are ordinary cases."""
    people = pl.DataFrame({"name": ["Ana"] * 2})

    assert advise(render(people.clear(), "it’s ##name##")).savings.height == 0
    assert advise(render(people, "it’s " + "x" * 100)).savings["saved"].to_list() == [2]


def test_one_template_at_a_time() -> None:
    """Messages of several templates are refused, with what to do."""
    people = pl.DataFrame({"name": ["Ana"]})
    mixed = pl.concat([render(people, "a ##name##"), render(people, "b ##name##")])

    with pytest.raises(ColumnsError, match=r"partition_by\('template'\)"):
        advise(mixed)


words = st.text("ab ’…áñç", max_size=90) | st.sampled_from(["👍", "x" * 70, "Привет"])


@given(
    literal=st.text("ab’…áñ", max_size=90),
    cells=st.lists(st.tuples(words, words), min_size=1, max_size=6),
    version=st.sampled_from(["signs", "accents"]),
)
def test_the_saving_is_true(literal: str, cells: list[tuple[str, str]], version: str) -> None:
    """LAW: what the change of all pieces promises is what render(smart=True) then saves."""
    people = pl.DataFrame({"a": [a for a, _ in cells], "b": [b for _, b in cells]})
    template = f"{literal}##a##-##b##"
    before = render(people, template).with_row_index("row")
    accents: Literal["keep", "strip"] = "keep" if version == "signs" else "strip"
    after = render(people, template, smart=True, accents=accents)

    content = contents(before, before["template"][0])
    measured = measure(content, before["template"][0])
    measured = before.select("row", "segments", "units", "encoding").hstack(measured)
    promised = sum(
        candidate.rows["saved"].sum()
        for candidate in replacements(content, measured)
        if (candidate.kind, candidate.piece) == (version, "all")
    )

    assert promised == int(before["segments"].sum()) - int(after["segments"].sum())
