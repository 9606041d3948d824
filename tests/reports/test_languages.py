"""A report in another language is in that language whole."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from string import Formatter

import openpyxl
import polars as pl
import pytest

import msgframe as mf
from msgframe import testing
from msgframe.core.translation import languages, section
from msgframe.errors import UsageError
from msgframe.reports import failure_drivers, rejection_reasons

DATA = Path(__file__).parents[2] / "data"
TEMPLATE = "Hola ##Var1##, tu saldo es ##Var2## en la fecha ##Var3##"


@pytest.fixture(scope="module")
def spanish():
    """Report the demo's sheet in Spanish, with failures that have something in common."""
    sheet, _ = mf.read(DATA / "recipients.xlsx")
    checked = mf.check(sheet, country="91")  # its sentences are English
    messages = mf.render(checked.accepted, TEMPLATE)
    plan = mf.plan(messages, campaign="demo", sender_id="UTOMOB", message_type="TRANSACTION")
    played = testing.deliveries(rows=plan.height, seed=2).drop(
        [*plan.columns, "Var1", "Var2", "Var3"], strict=False
    )
    rejected = pl.lit("rejected").cast(played["status"].dtype)
    deliveries = pl.concat([plan, played], how="horizontal").with_columns(
        status=pl.when(pl.col("Var1") == "Amit").then(rejected).otherwise("status"),
    )
    callbacks = mf.read_callbacks([])
    return mf.report(
        deliveries,
        sheet=sheet,
        checked=checked,
        callbacks=callbacks,
        orphans=callbacks,
        by=["Segment"],
        prices={"91": "0.0125"},
        language="es",
    )


class _Texts(HTMLParser):
    """Collects what a page says: its texts, not its styles."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag, attrs):
        self._hidden = tag == "style"

    def handle_data(self, data):
        if data.strip() and not self._hidden:
            self.texts.append(data.strip())


def _english() -> list[re.Pattern[str]]:
    """Give what recognises the English sentences that Spanish says otherwise."""
    spoken = tomllib.loads((files("msgframe.core") / "locales/en.toml").read_text("utf-8"))
    spanish = {said for name in spoken for said in section(name, "es").values()}
    english = {said for name in spoken for said in section(name).values()} - spanish
    return [_pattern(sentence) for sentence in english if re.search("[a-z]{2}", sentence)]


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = [
        re.escape(text) + ("" if fact is None else ".+")
        for text, fact, _, _ in Formatter().parse(sentence)
    ]
    return re.compile("".join(parts))


def _in_english(texts: list[str]) -> list[str]:
    """Give the texts of which all or a part, such as "3 rejected" of a list, is English."""
    english = _english()
    parts = {text: [text, *re.sub(r"\d+ ", "", text).split(", ")] for text in texts}
    return [
        text
        for text in texts
        if any(sentence.fullmatch(part) for sentence in english for part in parts[text])
    ]


def test_a_spanish_page_says_nothing_in_english(spanish):
    """Headings, headers, cells, sentences and the labels in the charts."""
    page = _Texts()
    page.feed(spanish.html)

    assert '<html lang="es">' in spanish.html
    assert len(page.texts) > 300
    # A rule goes by its name in every language: it is written so in a model and in a recipe.
    assert set(_in_english(page.texts)) <= set(spanish.tables["reasons"]["rule"])


def test_a_spanish_workbook_says_nothing_in_english(spanish, tmp_path):
    """Sheet names, headers and cells; those of the failures, too."""
    books = [spanish.save(tmp_path / "r.xlsx"), spanish.save_failures(tmp_path / "f.xlsx")]
    sheets = [sheet for book in books for sheet in openpyxl.load_workbook(book).worksheets]
    cells = [cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row]

    assert _in_english([sheet.title for sheet in sheets]) == []
    english = _in_english([cell for cell in cells if isinstance(cell, str)])
    assert set(english) <= set(spanish.tables["reasons"]["rule"])


def test_english_is_recognised():
    """The test above would see it."""
    texts = ["entregado", "delivered", "By calling code", "3 rejected", "By Segment", "Por Segment"]
    assert _in_english(texts) == ["delivered", "By calling code", "3 rejected", "By Segment"]


def test_numbers_are_written_as_spanish_writes_them(spanish):
    """A decimal comma, a point at the thousands, and a space before the percent sign."""
    assert re.search(r">1\.\d{3}<", spanish.html)
    assert re.search(r">\d{1,3},\d\u00a0%<", spanish.html)
    assert not re.search(r">\d+\.\d%<", spanish.html)


def test_a_column_of_the_person_keeps_its_name():
    """Whatever it is called: what is theirs is not translated."""
    own = testing.deliveries(rows=50).with_columns(deliveries=pl.lit("x"), step=pl.lit("y"))
    report = mf.report(own, by=["deliveries", "step"], language="es")
    assert report.headers("by step")[0] == "step"
    assert report.heading("by step") == "Por step"
    assert report.heading("by deliveries") == "Por deliveries"


@pytest.mark.parametrize("verb", [mf.report, failure_drivers])
def test_a_language_that_nobody_speaks_is_refused(verb):
    """Before anything is counted, with the verb's name."""
    with pytest.raises(
        UsageError, match=rf"{verb.__name__}\(language='eo'\): there are 'en', 'es'"
    ):
        verb(testing.deliveries(rows=5), language="eo")


@pytest.mark.parametrize("language", languages())
def test_reasons_are_said_in_any_language(language):
    """Whatever language the sheet was checked in, and a person's own sentence as it is."""
    sheet = pl.DataFrame({"Country": ["91", "91"], "Mobile": ["98161 ABCDE", None]})
    expected = mf.check(sheet, language=language).problems

    reasons = rejection_reasons(mf.check(sheet).problems, language=language)

    assert set(reasons["example"]) == set(expected["message"])
    own = expected.with_columns(message=pl.lit("Ask Ana."))
    assert set(rejection_reasons(own, language=language)["example"]) == {"Ask Ana."}
