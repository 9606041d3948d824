"""The command line: one command a verb, and `demo` for the whole street.

Exit codes: 0 done, 1 problems in the data, 2 wrong use, 3 a failure outside (network, disk,
vendor), 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import errno
import sys
from typing import Annotated

import typer
import typer.exceptions

from msgframe.cli import campaign, demo, doctor, outcome, run, sheet
from msgframe.cli.shared import print_error
from msgframe.core import progress
from msgframe.errors import MsgframeError

__all__ = ["app", "main"]

app = typer.Typer(
    name="msgframe",
    help="From a messy spreadsheet of recipients to delivered, accounted-for messages.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def set_up(
    context: typer.Context,
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print nothing but errors; anywhere on the line.")
    ] = False,
) -> None:
    """From a messy spreadsheet of recipients to delivered, accounted-for messages."""
    context.with_resource(progress.quiet(quiet))


_COMMANDS = (
    demo.demo,
    sheet.check,
    sheet.preview,
    sheet.plan,
    campaign.send,
    campaign.receive,
    campaign.sandbox,
    outcome.track,
    outcome.report,
    run.run,
    doctor.doctor,
)
_NAMES = {app.command()(command).__name__ for command in _COMMANDS}


_ADVICE = {
    errno.ENOSPC: " Free some space and run the command again: no file was left half-written.",
    errno.EACCES: " Name a folder that you may write to with --out.",
    errno.EADDRINUSE: " Another program listens there: name another --port.",
}


def main(arguments: list[str] | None = None) -> None:
    """Run a command; every refusal ends in a short sentence and its exit code.

    >>> main(["report", "there-is-no.parquet"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    # It belongs to all commands alike, so it may stand before or behind any of them.
    words = sorted(words, key=lambda word: word != "--quiet")
    try:
        ended = app(words or ["--help"], prog_name="msgframe", standalone_mode=False)
        return int(ended or 0)
    except typer.exceptions.TyperException as refused:
        known = [name for name in words[:2] if name in _NAMES][:1]
        print_error(f"{refused.format_message()} See {' '.join(['msgframe', *known, '--help'])}.")
        return 2
    except MsgframeError as refused:
        print_error(str(refused))
        return refused.exit_code
    except OSError as failed:
        where = f" ({failed.filename})" if failed.filename else ""
        print_error(f"{failed.strerror or failed}{where}.{_ADVICE.get(failed.errno or 0, '')}")
        return 3
    except (KeyboardInterrupt, typer.Abort):
        print_error("Stopped. What was sent is in the journal: run the same command to go on.")
        return 130
