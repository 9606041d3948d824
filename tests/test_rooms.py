"""The house itself: its front door, its layers, its weight, its dictionary."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import msgframe as mf
from msgframe import frames

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "msgframe").rglob("*.py"))

#: A foreign library lives in one room, so that it can be exchanged there.
HOMES = {
    "altair": {"reports"},
    "fastexcel": {"spreadsheets"},
    "httpx": {"message_central"},
    "pandera": {"frames", "recipients"},
    "phonenumbers": {"phone"},
    "psycopg": {"core"},
    "sqlalchemy": {"core", "campaigns", "receipts"},
    "sqlite3": {"core", "receipts"},
    "typer": {"cli"},
    "xlsxwriter": {"spreadsheets"},
}

#: Python that plays a base install: what only the extras bring cannot be imported.
_ABSENT = """
import sys
class Absent:
    names = "IPython altair great_tables numpy pandas psycopg pyarrow scipy vl_convert".split()
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from msgframe.cli import main
"""


def _room(source: Path) -> str:
    return source.relative_to(ROOT / "msgframe").parts[0].removesuffix(".py")


def _imports(source: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                names.update(alias.name.split(".")[0] for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module.split(".")[0])
    return names


def test_front_door_is_sorted_and_complete():
    """What is named is there, and in order."""
    assert mf.__all__ == sorted(mf.__all__)
    assert all(getattr(mf, name) is not None for name in mf.__all__)
    assert dir(mf) == mf.__all__


def test_unknown_name_is_an_attribute_error():
    """A typing mistake is told as Python tells it."""
    with pytest.raises(AttributeError, match="no attribute 'sned'"):
        mf.sned  # noqa: B018


@pytest.mark.parametrize("source", SOURCES, ids=_room)
def test_foreign_libraries_stay_in_their_room(source):
    """One room a library."""
    guests = _imports(source) & HOMES.keys()
    assert {name for name in guests if _room(source) not in HOMES[name]} == set()


def test_import_is_light():
    """`import msgframe` loads no library, not even polars."""
    code = "import sys, msgframe; print(*{name.split('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) & {*HOMES, "polars", "rich", "starlette", "pydantic"} == set()


def test_a_base_install_suffices(tmp_path):
    """The demo runs without the extras, and without what only they bring along."""
    code = _ABSENT + f"main(['demo', {str(ROOT / 'data' / 'recipients.xlsx')!r}])"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Charts need the extra" in page


@pytest.mark.parametrize("stage", list(frames.STAGES))
def test_every_stage_is_a_pandera_schema(stage):
    """The dictionary validates the frames it describes."""
    empty = frames.empty(stage)
    assert frames.model(stage).validate(empty).schema == frames.columns(stage)


def test_reserved_names_are_those_that_verbs_add():
    """A sheet may call a column anything else."""
    assert {"text", "status", "msisdn", "request"} <= frames.RESERVED
    assert "Var1" not in frames.RESERVED


def test_need_says_what_is_missing_and_what_was_meant():
    """Where, what, how many, what there was, what next."""
    frame = pl.LazyFrame({"row": [2], "Nombre ": ["Ana"]})
    with pytest.raises(mf.MsgframeError, match=r"render\(\) needs 1 more column: 'nombre'") as told:
        frames.require_columns(frame, ["row", "nombre"], verb="render")
    assert "Did you mean 'Nombre '?" in str(told.value)
