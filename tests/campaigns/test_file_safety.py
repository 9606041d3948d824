"""What goes by file arrives as it was written: planned, uploaded, and rendered by another hand."""

from __future__ import annotations

import os
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgframe import RequestLimits, plan, plan_summary
from msgframe.message_central.sandbox.xlsx_reader import fill, read
from msgframe.message_central.uploads import upload_file
from msgframe.message_central.vendor import parse_template

TERMS = {"campaign": "saldo", "sender_id": "UTOMOB", "message_type": "TRANSACTION"}

#: Letters that a renderer or a workbook may trip over, more often than others.
AWKWARD = st.text(st.sampled_from("ab# \n\t\r\x00_x00410D&<>\N{NO-BREAK SPACE}é👍"), max_size=8)


def messages(template: str, rows: list[list[str]]) -> pl.DataFrame:
    """Write out messages of one template, with their texts made by hand."""
    texts = []
    for values in rows:
        text = template
        for place, value in enumerate(values, 1):
            text = text.replace(f"##Var{place}##", f"\0{place}\0")
            text = text.replace(f"\0{place}\0", value)
        texts.append(text)
    mobiles = [f"98161{n:05}" for n in range(len(rows))]
    return pl.DataFrame(
        {
            "country_code": "91",
            "mobile": mobiles,
            "msisdn": [int(f"91{mobile}") for mobile in mobiles],
            "text": texts,
            "segments": pl.Series([1] * len(rows), dtype=pl.UInt8),
            "template": template,
            "variables": pl.Series(rows, dtype=pl.List(pl.String)),
        }
    )


@settings(max_examples=50)
@given(
    st.sampled_from(["##Var1## ##Var2##", "a ##Var2## b ##Var1##", "#1: ##Var1##, ##Var2##."]),
    st.lists(st.tuples(AWKWARD, st.text(max_size=6)), min_size=1, max_size=8),
    st.booleans(),
)
def test_every_text_that_goes_by_file_is_rendered_as_it_was_written(template, rows, blanks):
    people = messages(template, [list(values) for values in rows])

    planned = plan(people, **TERMS, mode="file", limits=RequestLimits(empty_cells=blanks))

    for request in planned.filter(pl.col("mode") == "file").partition_by("request"):
        uploaded = read(upload_file(request))
        assert [fill(template, row.variables) for row in uploaded] == request["text"].to_list()
        assert [row.mobile for row in uploaded] == request["mobile"].to_list()


def test_most_ordinary_texts_do_go_by_file():
    """The law above would hold of an empty set, too."""
    rows = [[name, f"₹ {n},50"] for n, name in enumerate(["Ana", "José", "李", "O'Neil"] * 5)]

    planned = plan(messages("Hola ##Var1##: ##Var2##", rows), **TERMS)

    assert planned["mode"].unique().to_list() == ["file"]


@pytest.mark.parametrize(
    ("template", "literals", "numbers"),
    [
        ("Hola", ["Hola"], []),
        ("##var##", ["", ""], [1]),
        ("a ##VAR2## b ##Var10##", ["a ", " b ", ""], [2, 10]),
        ("##nombre##", ["##nombre##"], []),
    ],
)
def test_a_template_is_taken_apart_as_the_vendor_reads_it(template, literals, numbers):
    assert parse_template(template) == (literals, numbers)


def test_a_template_too_long_for_a_url_does_not_go_by_file():
    """A hundred placeholders are longer than the hundred letters that they stand for."""
    template = "".join(f"##Var{n}##" for n in range(1, 101))
    people = messages(template, [[letter] * 100 for letter in "abcdefgh"])

    planned = plan(people, **TERMS, limits=RequestLimits(url_bytes=1_500))

    assert planned["mode"].unique().to_list() == ["single"]
    assert plan(people, **TERMS)["mode"].unique().to_list() == ["file"]
    why = plan_summary(planned, limits=RequestLimits(url_bytes=1_500))["why"].item()
    assert why == "its template is too long for a URL"


MAKE = """
import hashlib, sys
import polars as pl
from msgframe import fingerprint, plan
from msgframe.message_central.uploads import upload_file

place = pl.int_range(20_000)
name = pl.format("Ana & {} é", place * 7 % 5_003)
mobile = (place * 3 % 15_000 + 9_816_000_000).cast(pl.String)
messages = pl.select(
    country_code=pl.lit("91"),
    mobile=mobile,
    msisdn=("91" + mobile).cast(pl.Int64),
    text=pl.format("Hola {}", name),
    segments=pl.lit(1),
    template=pl.lit("Hola ##Var1##"),
    variables=pl.concat_list(name),
)
planned = plan(messages, campaign="saldo", sender_id="UTOMOB", message_type="TRANSACTION")
files = planned.filter(pl.col("mode") == "file").partition_by("request", maintain_order=True)
print(fingerprint(planned), [hashlib.sha256(upload_file(file)).hexdigest() for file in files])
"""


def test_every_process_makes_the_same_plan_and_the_same_files():
    """Neither Python's hashes, nor polars' threads, nor the run before decide a byte."""
    said = {
        subprocess.run(
            [sys.executable, "-c", MAKE],
            env={**os.environ, "PYTHONHASHSEED": seed, "POLARS_MAX_THREADS": threads},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, threads in [("1", "1"), ("2", "4")]
    }

    assert len(said) == 1
    assert len(said.pop()) > 2 * 64
