"""The shipped tables: they are what the script in `data/` makes of the pinned `phonenumbers`."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import build_phone_tables
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import msgframe.phone
from msgframe.phone import metadata_version
from msgframe.phone.expressions import table

SHIPPED = sorted(Path(msgframe.phone.__file__).parent.glob("*.parquet"))


def test_tables_are_of_the_version_that_the_tests_ask():
    """Whoever raises `phonenumbers` builds the tables again: python data/build_phone_tables.py."""
    assert metadata_version() == version("phonenumbers")
    assert {pl.read_parquet_metadata(path)["phonenumbers"] for path in SHIPPED} == {
        metadata_version()
    }


@pytest.mark.parametrize("name", ["numbers", "countries", "names"])
def test_shipped_table_is_a_rebuild(name):
    """A table equals what its builder makes of the phonenumbers that it was made from."""
    assert_frame_equal(table(name), build_phone_tables.BUILDERS[name]())


def test_script_writes_every_table(tmp_path, monkeypatch):
    """What it writes is what is shipped, version and all."""
    monkeypatch.setattr(build_phone_tables, "TABLES", tmp_path)

    build_phone_tables.main()

    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in SHIPPED]
    for path in SHIPPED:
        assert_frame_equal(pl.read_parquet(tmp_path / path.name), pl.read_parquet(path))
        assert pl.read_parquet_metadata(tmp_path / path.name)["phonenumbers"] == metadata_version()


def test_shipped_tables_are_small():
    """The tables of the package weigh less than 300 KB together."""
    assert len(SHIPPED) == 3
    assert sum(path.stat().st_size for path in SHIPPED) < 300_000
