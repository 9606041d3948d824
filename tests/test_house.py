"""The house itself: its front door, its doors, its names, its weight, its dictionary."""

from __future__ import annotations

import io
import pkgutil
import re
import subprocess
import sys
import tokenize
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

import msgframe as mf
from msgframe import frames

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "msgframe").rglob("*.py"))
ROOMS = sorted(path.parent.name for path in (ROOT / "msgframe").glob("*/__init__.py"))

#: Words that fit anything and so say nothing of what an identifier holds.
FILLERS = {"told", "found", "asked", "said", "given", "rest", "there", "left", "made"}

#: Names of libraries, which are not ours to choose.
FOREIGN = {"connection_made", "left_on"}

#: What `import msgframe` must not load: polars, and every library that one room needs.
HEAVY = {"altair", "fastexcel", "httpx", "jinja2", "pandera", "phonenumbers", "polars", "pydantic"}
HEAVY |= {"psycopg", "rapidfuzz", "rich", "sqlite3", "starlette", "typer", "uvicorn"}

#: What only the extras `notebooks` and `postgres` bring along, and what only `server` does.
_NOTEBOOKS = "IPython altair great_tables numpy pandas psycopg pyarrow scipy vl_convert"
_SERVER = "httptools multipart python_multipart starlette uvicorn uvloop"

#: Python that plays an install without some extras: what they bring cannot be imported.
_ABSENT = """
import sys
class Absent:
    names = sys.argv[1].split()
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from msgframe.cli import main
main(sys.argv[2:])
"""


def _packages() -> list[ModuleType]:
    walked = pkgutil.walk_packages(mf.__path__, "msgframe.")
    return [import_module(module.name) for module in walked if module.ispkg]


def _fillers(source: Path) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source.read_text(encoding="utf-8")).readline)
    words = (
        word
        for token in tokens
        if token.type == tokenize.NAME and token.string not in FOREIGN
        for word in token.string.split("_")
    )
    return Counter(word for word in words if word in FILLERS)


def test_front_door_is_sorted_and_complete():
    """What is named is there, and in order."""
    assert mf.__all__ == sorted(mf.__all__)
    assert all(getattr(mf, name) is not None for name in mf.__all__)
    assert dir(mf) == mf.__all__


def test_unknown_name_is_an_attribute_error():
    """A typing mistake is told as Python tells it."""
    with pytest.raises(AttributeError, match="no attribute 'sned'"):
        mf.sned  # noqa: B018


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_holds_what_it_lists(room):
    """Everything in `__all__` can be imported, and stands in order."""
    door = import_module(f"msgframe.{room}")
    for name in door.__all__:
        if not hasattr(door, name):
            import_module(f"{door.__name__}.{name}")
    assert list(door.__all__) == sorted(door.__all__, key=lambda name: (not name.isupper(), name))


def test_the_door_of_core_is_its_modules():
    """Whatever stands in core may be used by every room, and is listed."""
    core = import_module("msgframe.core")
    assert core.__all__ == sorted(module.name for module in pkgutil.iter_modules(core.__path__))


@pytest.mark.parametrize("package", _packages(), ids=lambda package: package.__name__)
def test_no_module_is_hidden_by_a_function_of_its_name(package):
    """`from package import name` gives the module wherever there is one of that name."""
    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    loaded = {name: getattr(package, name, None) for name in modules}
    assert [n for n, v in loaded.items() if not isinstance(v, ModuleType | None)] == []


def test_no_two_public_classes_share_a_name():
    """A name in an error or a signature means one thing in the whole API."""
    doors = [import_module(f"msgframe.{room}") for room in ROOMS]
    classes = {
        value
        for door in doors
        for name in door.__all__
        if isinstance(value := getattr(door, name, None), type)
    }
    doubled = [name for name, n in Counter(c.__name__ for c in classes).items() if n > 1]
    assert doubled == []


def test_identifiers_say_what_they_hold():
    """Fillers are rare: one in a thousand lines at most."""
    counts = sum((_fillers(source) for source in SOURCES), Counter())
    lines = sum(source.read_text(encoding="utf-8").count("\n") for source in SOURCES)
    assert counts.total() <= lines / 1_000, counts


def test_import_is_light():
    """`import msgframe` loads no library, not even polars."""
    code = "import sys, msgframe; print(*{name.split('.')[0] for name in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(ended.stdout.split()) & HEAVY == set()


def _run_without(absent: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _ABSENT, absent, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_demo_needs_the_server_alone(tmp_path):
    """The demo runs without the other extras, and without what only they bring along."""
    sheet = str(ROOT / "data" / "recipients.xlsx")
    ended = _run_without(_NOTEBOOKS, "demo", sheet, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Charts need the extra" in page


def test_a_base_install_suffices(tmp_path):
    """A sheet is cleaned, and a campaign is planned, without any extra."""
    absent, sheet = f"{_NOTEBOOKS} {_SERVER}", str(ROOT / "data" / "recipients.xlsx")
    checked = _run_without(absent, "check", sheet, "--country", "91", folder=tmp_path)
    assert checked.returncode == 1, checked.stderr  # some of its rows are bad
    assert (tmp_path / "out" / "rejected.xlsx").exists()

    facts = ["--campaign", "may", "--sender", "UTOMOB", "--type", "TRANSACTION", "--country", "91"]
    planned = _run_without(absent, "plan", sheet, "-t", "Hola ##Var1##", *facts, folder=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert (tmp_path / "out" / "plan.parquet").exists()


@pytest.mark.parametrize(
    ("command", "who"), [("demo", "sandbox"), ("sandbox", "sandbox"), ("receive", "receiver")]
)
def test_a_server_asks_for_its_extra(command, who, tmp_path):
    """Without the servers' libraries, the sandbox and the receiver say what to install."""
    sheet = [str(ROOT / "data" / "recipients.xlsx")] if command == "demo" else []
    ended = _run_without(_SERVER, command, *sheet, folder=tmp_path)
    assert f'The {who} needs the extra: pip install "msgframe[server]".' in ended.stderr
    assert ended.returncode == 2


@pytest.mark.parametrize("stage", list(frames.STAGES))
def test_every_stage_is_a_pandera_schema(stage):
    """The dictionary validates the frames it describes."""
    empty = frames.empty(stage)
    assert frames.model(stage).validate(empty).schema == frames.columns(stage)


def test_reserved_names_are_those_that_verbs_add():
    """A sheet may call a column anything else."""
    assert {"text", "status", "msisdn", "request"} <= frames.RESERVED
    assert "Var1" not in frames.RESERVED


def test_statuses_are_told_from_one_table():
    """No other module lists the statuses; whoever needs some of them asks for a fact."""
    lost = re.compile(r"\"(undelivered|expired)\"[^\n]*\"(rejected|deleted|expired)\"")
    elsewhere = [s for s in SOURCES if s.name != "frames.py" and lost.search(s.read_text("utf-8"))]
    assert elsewhere == []


def test_a_missing_column_is_named_with_what_was_meant():
    """Where, what, how many, what there was, what next."""
    frame = pl.LazyFrame({"row": [2], "Nombre ": ["Ana"]})
    with pytest.raises(
        mf.MsgframeError, match=r"render\(\) needs 1 more column: 'nombre'"
    ) as error:
        frames.require_columns(frame, ["row", "nombre"], verb="render")
    assert "Did you mean 'Nombre '?" in str(error.value)
