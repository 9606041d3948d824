"""The report: every row accounted for, every value escaped, every number masked."""

from __future__ import annotations

import json
from decimal import Decimal

import openpyxl
import polars as pl
import pytest

import msgframe as mf
from msgframe import testing
from msgframe.errors import ColumnsError, UsageError

DELIVERIES = testing.deliveries(rows=400, seed=3)


def test_funnel_counts_every_row():
    """Sent is what left, delivered is what arrived, and the rest is told with its reason."""
    funnel = mf.report(DELIVERIES).tables["funnel"]

    delivered = DELIVERIES.filter(pl.col("status") == "delivered").height
    assert funnel["rows"].to_list() == [400, 400, delivered]
    assert funnel["lost"].to_list() == [None, 0, 400 - delivered]


def test_held_and_failed_rows_never_count_as_sent():
    """A row that never left is neither sent nor pending."""
    states = ["held"] * 10 + ["failed"] * 5 + ["accepted"] * 385
    status = pl.when(pl.col("state") == "accepted").then("status")
    stayed = DELIVERIES.with_columns(state=pl.Series(states, dtype=DELIVERIES["state"].dtype))

    outcome = mf.report(stayed.with_columns(status=status)).tables

    assert outcome["funnel"]["rows"].to_list()[:2] == [400, 385]
    assert outcome["funnel"]["why"][1] == "10 held, 5 failed"
    assert outcome["statuses"]["messages"].sum() == 385


def test_sums_show_a_broken_law():
    """A frame that lost a row on the way is seen at once."""
    lost = DELIVERIES.with_columns(
        status=pl.when(pl.int_range(pl.len()) > 0).then("status"),
        matched_by=pl.when(pl.int_range(pl.len()) > 0).then("matched_by"),
    )

    holds = mf.report(lost).tables["sums"]["holds"]

    assert holds.to_list() == [True, False]


def test_cost_is_decimal():
    """Money is never a float."""
    cost = mf.report(DELIVERIES, prices={"91": Decimal("0.0125")}).tables["cost"]

    assert cost["cost"].to_list() == [Decimal("0.0125") * 400]


def test_page_is_self_contained(tmp_path):
    """Nothing on the page is fetched from outside."""
    page = mf.report(DELIVERIES).save(tmp_path / "report.html").read_text(encoding="utf-8")

    assert page.count("<svg") == 3
    assert not any(
        word in page for word in ("<script", "<link", "<img", "src=", "@import", "url(http")
    )


def test_page_escapes_what_came_from_outside():
    """A value that looks like a tag stays text."""
    hostile = DELIVERIES.with_columns(
        country_code=pl.lit("<script>alert(1)</script>"), error_code=pl.lit("<b>27</b>")
    )

    page = mf.report(hostile, title="<i>x</i>").html

    assert "<script" not in page
    assert "<b>27" not in page
    assert "<i>x" not in page


def test_workbook_opens_with_the_same_figures(tmp_path):
    """Each table is a sheet under its heading, after a first one in words; charts are Excel's."""
    outcome = mf.report(DELIVERIES)

    book = openpyxl.load_workbook(outcome.save(tmp_path / "report.xlsx"))

    sheet = book["From the sheet to the handset"]
    rows = [row[1].value for row in sheet.iter_rows(min_row=2)]
    assert rows == outcome.tables["funnel"]["rows"].to_list()
    assert [cell.number_format for cell in sheet["C"]][1:] == ["0.0%"] * 3
    assert "were delivered" in book.worksheets[0]["A3"].value
    assert len(sheet._charts) == len(book["How fast they arrived"]._charts) == 1


def test_json_holds_the_tables(tmp_path):
    """Machines read the same tables."""
    outcome = mf.report(DELIVERIES)

    saved = json.loads(outcome.save(tmp_path / "deep" / "report.json").read_text(encoding="utf-8"))

    assert [row["rows"] for row in saved["funnel"]] == outcome.tables["funnel"]["rows"].to_list()


@pytest.mark.parametrize(("ending", "magic"), [("svg", b"<svg"), ("png", b"\x89PNG")])
def test_charts_are_saved_without_a_browser(tmp_path, ending, magic):
    """A picture for a slide, and nothing else in the folder."""
    chart = mf.report(DELIVERIES).charts["curve"]

    saved = chart.save(tmp_path / f"curve.{ending}")

    assert saved.read_bytes().startswith(magic)
    assert list(tmp_path.iterdir()) == [saved]


def test_charts_are_shown_without_the_network():
    """In a notebook a chart is an SVG, not a script from elsewhere."""
    chart = mf.report(DELIVERIES).charts["funnel"]
    assert chart._repr_svg_().startswith("<svg")
    assert chart._repr_png_().startswith(b"\x89PNG")


def test_unknown_ending_is_refused(tmp_path):
    """The error names the endings that work, and nothing is written."""
    with pytest.raises(UsageError, match=r"\.html, \.xlsx or \.json"):
        mf.report(DELIVERIES).save(tmp_path / "report.docx")
    assert list(tmp_path.iterdir()) == []


def test_a_frame_that_was_not_tracked_is_refused():
    """The error says which columns are missing."""
    with pytest.raises(ColumnsError, match="'status'"):
        mf.report(DELIVERIES.drop("status"))


def test_an_empty_campaign_has_a_report(tmp_path):
    """Nothing sent is an outcome too."""
    page = mf.report(DELIVERIES.clear()).save(tmp_path / "report.html")

    assert "Nothing was sent." in page.read_text(encoding="utf-8")


def test_failures_are_listed_for_follow_up(tmp_path):
    """Who did not get it, with the sheet's own columns; only temporary failures may go again."""
    outcome = mf.report(DELIVERIES)

    final = DELIVERIES["status"].is_in(["deleted", "rejected", "expired", "undelivered"])
    assert outcome.failures.height == final.sum()
    assert {"mobile", "Var1", "status", "meaning"} <= set(outcome.failures.columns)
    assert outcome.retry["family"].unique().to_list() == ["temporary"]
    assert outcome.retry.height < outcome.failures.height
    book = openpyxl.load_workbook(outcome.save_failures(tmp_path / "failures.xlsx"))
    assert book["failures"].max_row == outcome.failures.height + 1


def test_a_person_may_know_better_what_a_code_means():
    """Their table goes before custom, and decides what may go again."""
    outcome = mf.report(DELIVERIES, codes={"27": ("permanent", "number out of service")})
    errors = outcome.tables["errors"].filter(error_code="27")
    assert errors["meaning"].unique().to_list() == ["number out of service"]
    assert outcome.retry.filter(error_code="27").is_empty()


def test_nothing_unknown_is_sent_again():
    """A message without a final receipt is never on the retry list."""
    outcome = mf.report(DELIVERIES)
    assert not outcome.retry["status"].is_in(["pending", "unknown", "delivered"]).any()
