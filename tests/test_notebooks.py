"""The notebooks run top to bottom in a real kernel, and give nothing away."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

#: A path of a machine, a token, or a number of ten digits and more.
_PRIVATE = re.compile(r"/(?:home|root|Users|tmp|work)/|eyJhbGciOi|(?<![\d.-])\d{10,15}(?![\d.])")


def _run(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Run a copy of a notebook beside a copy of the data, so that nothing is left behind."""
    shutil.copytree(ROOT / "data", folder / "data")
    (folder / "notebooks").mkdir()
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(
        book, timeout=120, resources={"metadata": {"path": folder / "notebooks"}}
    )
    return client.execute()


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=() if p.name.startswith("01") else pytest.mark.slow) for p in NOTEBOOKS],
    ids=lambda path: path.stem,
)
@pytest.mark.filterwarnings("default")  # the kernel's own libraries warn of each other
def test_notebook_runs(path, tmp_path):
    """Top to bottom, ending in something to look at; numbers stay masked in what is shown."""
    book = _run(path, tmp_path)

    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    shown = [output.get("data", {}) for output in outputs]
    assert any("image/svg+xml" in d or "<iframe" in d.get("text/html", "") for d in shown)
    assert not [found for output in outputs for found in _PRIVATE.findall(_words_of(output))]


def _words_of(output: nbformat.NotebookNode) -> str:
    """Give what a person can read in an output: no picture, whose digits are only coordinates."""
    parts = [output.get("text", "")]
    parts += [v for kind, v in output.get("data", {}).items() if not kind.startswith("image/")]
    return re.sub(r"<svg.*?</svg>", "", unescape("".join(map(str, parts))), flags=re.DOTALL)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_small_and_clean(path):
    """What is committed holds no path, no secret, no number, and little else."""
    assert path.stat().st_size < 300_000
    assert _PRIVATE.search(path.read_text(encoding="utf-8")) is None


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # papermill's libraries warn of each other
def test_a_notebook_is_a_batch_report(tmp_path):
    """papermill runs the last one with other values: another campaign, in Spanish."""
    import papermill

    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")

    papermill.execute_notebook(
        ROOT / "notebooks" / "06_your_own_data.ipynb",
        tmp_path / "notebooks" / "november.ipynb",
        parameters={"campaign": "noviembre", "language": "es"},
        cwd=tmp_path / "notebooks",
        progress_bar=False,
    )

    page = (tmp_path / "out" / "06" / "report.html").read_text(encoding="utf-8")
    assert "<h1>noviembre</h1>" in page
    assert "De la hoja al teléfono" in page
