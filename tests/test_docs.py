"""The README holds: its table is the code's, its street runs, its names exist."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

import msgframe as mf
from msgframe import cli, frames
from msgframe.cli.run import Job

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _block(name: str) -> str:
    """Give the code block that stands under the mark `<!-- name -->`."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README, flags=re.DOTALL)
    assert found is not None, name
    return found[1]


@pytest.mark.parametrize("name", mf.__all__)
def test_every_public_name_is_in_the_readme(name):
    """Nothing public is undocumented."""
    assert re.search(rf"\b{name}\b", README)


@pytest.mark.parametrize("name", sorted(get_command(cli.app).commands))
def test_every_command_is_in_the_readme(name):
    """Nothing can be run that is not told."""
    assert f"msgframe {name}" in README


@pytest.mark.parametrize(
    ("verb", "stage"),
    [
        ("read", "read"),
        ("check", "check"),
        ("render", "render"),
        ("plan", "plan"),
        ("send", "send"),
        ("read_callbacks", "callbacks"),
        ("track", "track"),
    ],
)
def test_table_of_verbs_lists_exactly_the_columns(verb, stage):
    """The README's table and the dictionary of frames agree, in order (`check` keeps `row`)."""
    row = next(line for line in README.splitlines() if line.startswith(f"| `{verb}("))
    told = re.findall(r"`(\w+)`", row.split("|")[3].split(";")[0])
    assert told == [name for name in frames.columns(stage) if (verb, name) != ("check", "row")]


def test_every_python_block_of_the_readme_runs(tmp_path, monkeypatch):
    """One after the other, as a reader would copy them: the street first, then each stage."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    copied: dict[str, object] = {}

    for block in re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL):
        exec(compile(block, "README.md", "exec"), copied)

    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    assert {"informe.html", "informe.xlsx", "curva.png", "upload.xlsx", "recipe.toml"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_the_campaign_file_of_the_readme_is_one():
    """The example says no more and no less than a campaign file may."""
    example = re.search(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    assert example is not None
    job = Job.model_validate(tomllib.loads(example[1]))
    assert job.limits.max_messages == 20_000


def test_two_commands_do_all_the_setup():
    """One installs and runs, one installs and tests; CI copies the second from here."""
    assert _block("run").startswith("pip install")
    assert "msgframe demo" in _block("run")
    assert _block("test").startswith("pip install")
    assert "pytest" in _block("test")


def test_links_lead_somewhere():
    """Each relative link and picture of the README is in the project."""
    links = re.findall(r"\]\((?!https?://|#)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
