"""The shipped tables: what they are made from, and what happens beside another metadata."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from msgframe.phone import metadata_version
from msgframe.phone.tables import SHIPPED, builders, load, shipped_version


@pytest.mark.parametrize("name", ["numbers", "countries", "names"])
def test_shipped_table_is_a_rebuild(name):
    """A table equals what its builder makes of the phonenumbers that it was made from."""
    if metadata_version() != shipped_version():
        pytest.skip(f"shipped for {shipped_version()}; renew it by python -m msgframe.phone")

    assert_frame_equal(pl.read_parquet(SHIPPED / f"{name}.parquet"), builders()[name]())


def test_shipped_tables_are_small():
    """The tables of the package weigh less than 300 KB together."""
    sizes = [path.stat().st_size for path in SHIPPED.glob("*.parquet")]

    assert len(sizes) == 3
    assert sum(sizes) < 300_000


def test_other_metadata_is_rebuilt_once(tmp_path, caplog):
    """For another version a table is rebuilt, which is said, and kept; then it is read."""
    caplog.set_level("INFO", logger="msgframe")

    first = load("countries", wanted="8.0.0", cache=tmp_path / "cache")
    second = load("countries", wanted="8.0.0", cache=tmp_path / "cache")

    assert_frame_equal(first, second)
    assert caplog.messages == ["rebuilding the table of countries for phonenumbers 8.0.0"]
    assert [path.name for path in tmp_path.rglob("*.*")] == ["countries-8.0.0-1.parquet"]


def test_torn_cache_is_rebuilt(tmp_path):
    """A cached table that cannot be read is made again."""
    cached = tmp_path / "names-8.0.0-1.parquet"
    cached.write_bytes(b"PAR1 torn")

    assert load("names", wanted="8.0.0", cache=tmp_path).height > 1_000
    assert pl.read_parquet_metadata(cached)["phonenumbers"] == "8.0.0"


def test_cache_that_cannot_be_written(tmp_path):
    """Where nothing can be kept, the table is made and used all the same."""
    (tmp_path / "file").write_text("no folder")

    assert load("countries", wanted="8.0.0", cache=tmp_path / "file").height > 200
