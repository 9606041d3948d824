"""Masking: what `check` takes for numbers is hidden from a view, whatever its column is called."""

from __future__ import annotations

import polars as pl
import pytest

from msgframe.core.masking import mask_columns
from msgframe.core.views import html_table

NUMBER = "9816111111"


@pytest.mark.parametrize(
    "header",
    [
        *("Mobile", "MOBILE", "Mobile Number", "mobile_no", "Móvil", "MOVIL", "Nº Celular", "Cel."),
        *("Phone 1 - Value", "Phone 2 - Value", "Home Phone", "Teléfono fijo", "telé_fono", "Tel"),
        *("मोबाइल नंबर", "Handynummer", "Numéro de portable", "Telemóvel", "WhatsApp", "Contacto"),
        *("Mobille", "msisdn", "to", "Número de contacto", "Celular del cliente"),
    ],
)
def test_column_is_masked_by_its_header(header):
    """Any wording that finds the numbers hides them, the mistyped ones among them."""
    column = pl.DataFrame({header: ["98161 ABCDE", *["Ana Núñez"] * 5, NUMBER]})

    shown = mask_columns(column)[header]

    assert shown.to_list() == ["9816•••••CDE", *["Ana •••••ñez"] * 5, "9816•••••111"]
    assert NUMBER not in html_table(column)


@pytest.mark.parametrize(
    "header", ["Order", "Notes", "x", "", "Cliente", "cell", "Var1", "*", "^x$"]
)
@pytest.mark.parametrize(
    "number",
    [
        *(
            "9816111111",
            "+91 98161-11111",
            "0044 (0) 7700 900123",
            "tel: 612.345.678",
            "'612345678",
        ),
        *("9816111111.0", "９８１６１１１１１１", "5551234", "06 12 34 56 78"),
    ],
)
def test_column_of_numbers_is_masked_whatever_its_header(header, number):
    """Where most cells look like numbers all are masked, the slips among them."""
    column = pl.DataFrame({header: [number, number, "98161 1111O", None]})

    shown = mask_columns(column)[header].to_list()

    assert all("•••" in cell for cell in shown[:3])
    assert shown[3] is None


def test_number_among_other_things_is_masked():
    """One cell that is a number is masked by itself; the others stay."""
    column = pl.DataFrame({"Notas": ["llamar tarde", "+34 612 345 678", "VIP", None]})

    shown = mask_columns(column)["Notas"].to_list()

    assert shown == ["llamar tarde", "+34 •••••678", "VIP", None]


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Order", ["A-10023", "A-10024"]),
        ("Order", ["100234", "7"]),
        ("Saldo", ["$35", "1.234.567", "12.345.678,90", "1234567.50", "-1,234,567", "1 234 €"]),
        ("Fecha", ["2026-03-02", "02/03/2026", "3/28/2026", "02.03.2026", "2026-03-02 09:00:01"]),
        ("Contact date", ["2026-03-02", "2026-12-31T10:00:00Z"]),
        ("Contacto", ["Ana", "Luis"]),
        ("WhatsApp", ["sí", "no"]),
        ("cell", ["B17", "AB1048576", "'Hoja 2'!B12345"]),
        ("cells", ["A3:A20000", "B123456, C7", "3"]),
        ("segments", [1, 2]),
        ("messages", [1_000_000, 25_000_000]),
        ("recipients", [120_000, 7]),
        ("seconds", [1.5, 2_000_000.25]),
        ("status", ["delivered", None]),
        ("empty", [None, None]),
        ("flags", [True, False]),
        ("reasons", [["Mobile is blank."], []]),
    ],
)
def test_what_is_no_number_stays_readable(header, values):
    """Money, days, counts, codes and the addresses of cells are shown as they are."""
    column = pl.DataFrame({header: values})

    assert mask_columns(column)[header].to_list() == values


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("msisdn", [919816111111, 112]),
        ("mobile", [9816111111, None]),
        ("whatever", [919816111111, 34612345678, None]),
        ("Teléfono", [6123456.0, 7123456.0]),
    ],
)
def test_integers_are_masked_by_their_size(header, values):
    """A column of integers as long as numbers is one of numbers; a header lowers the measure."""
    shown = mask_columns(pl.DataFrame({header: values}))[header].to_list()

    assert all(cell is None or "•" in cell for cell in shown)


@pytest.mark.parametrize("header", ["value", "suggestion"])
def test_what_was_typed_is_masked_whole(header):
    """The columns of problems repeat any cell, so that nothing in them is shown."""
    shown = mask_columns(pl.DataFrame({header: ["N/A", "98161"]}))[header].to_list()

    assert shown == ["•••", "•••••"]


def test_categories_are_masked_too():
    """A category is text."""
    column = pl.DataFrame({"x": pl.Series([NUMBER, NUMBER], dtype=pl.Categorical)})

    assert mask_columns(column)["x"].to_list() == ["9816•••••111"] * 2
