"""Before anything is sent: `check`, `preview`, `plan`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import msgframe as mf
from msgframe.cli import shared
from msgframe.core.progress import bar
from msgframe.core.translation import languages, translate
from msgframe.core.views import translate_header
from msgframe.errors import SheetError, TooManyRejected, UsageError
from msgframe.reports import rejection_reasons
from msgframe.spreadsheets import write_clean, write_rejects

if TYPE_CHECKING:
    import polars as pl

    from msgframe.recipients import Checked
    from msgframe.spreadsheets import Reading

Names = Annotated[
    list[str] | None, typer.Option("--sheet", help="Which sheet; several times, or '*' for all.")
]
Hidden = Annotated[
    Literal["skip", "keep", "error"], typer.Option(help="What to do with hidden rows.")
]


def check(
    sheet: shared.Sheet,
    *,
    country: shared.Country = None,
    merge: Annotated[
        Path | None, typer.Option(exists=True, help="A mended rejected.xlsx to take back.")
    ] = None,
    suppress: Annotated[
        Path | None, typer.Option(exists=True, help="Who must not be texted: a file of numbers.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(exists=True, help="The settings of an earlier check.")
    ] = None,
    save_recipe: Annotated[
        Path | None, typer.Option(help="Keep this check's settings: .toml or .json.")
    ] = None,
    max_rejected: Annotated[
        float | None, typer.Option(min=0, max=1, help="Stop above this share of bad rows.")
    ] = None,
    names: Names = None,
    hidden: Hidden = "skip",
    language: shared.Language = "en",
    out: shared.Out = Path("out"),
    as_json: shared.Json = False,
) -> None:
    """Clean a sheet: write the accepted rows ready to upload, and the rejected ones to mend.

    Exit code 1 says that some rows were rejected. Mend OUT/rejected.xlsx in Excel and take it back:

    msgframe check contacts.xlsx --country 91

    msgframe check contacts.xlsx --country 91 --merge out/rejected.xlsx
    """
    settings: dict[str, Any] = {
        "country": country,
        "suppress": suppress,
        "recipe": recipe,
        "max_rejected": max_rejected,
        "language": language,
    }
    reading = mf.read(sheet, sheet=_which(names), hidden=hidden, language=language)
    try:
        reading, changes, checked = (
            _merged(reading, merge, settings)
            if merge
            else (reading, None, mf.check(reading, **settings))
        )
    except TooManyRejected as stopped:
        if stopped.checked is not None:  # what to mend is of use, even where nothing may go out
            path = out / "rejected.xlsx"
            write_rejects(reading, stopped.checked, path)
            shared.print_line(translate("cli.mend", language, file=path))
        raise
    files = _write_workbooks(reading, checked, out, language)
    if save_recipe is not None:
        files.append(checked.recipe.save(save_recipe))
    outcome = {
        "read": reading.sheet.height,
        "accepted": checked.accepted.height,
        "rejected": checked.rejected.height,
        "columns": checked.match.columns,
        "findings": reading.findings,
        "problems": rejection_reasons(checked.problems, language=language),
        "changes": 0 if changes is None else changes.height,
        "files": [str(file) for file in files],
    }
    if as_json:
        shared.print_json(outcome)
    else:
        _print_check(outcome, changes, language)
    if outcome["rejected"]:
        raise typer.Exit(1)


def preview(
    sheet: shared.Sheet,
    template: shared.Template,
    *,
    country: shared.Country = None,
    names: Names = None,
    language: shared.Language = "en",
    as_json: shared.Json = False,
) -> None:
    """Show what recipients would read, what is wrong with the text, and what it would cost.

    Example: msgframe preview contacts.xlsx --country 91 -t "Hola ##Nombre|cliente##"
    """
    people = _accepted(sheet, country, names)
    findings = mf.lint(template, people, language=language)
    messages = mf.render(people, template)
    forecast, advice = mf.forecast(messages), mf.advise(messages, language=language)
    shown = mf.preview(messages, template=template, language=language)
    if as_json:
        tables = {"lengths": forecast.lengths, "savings": advice.savings, "texts": shown.rows}
        shared.print_json({"messages": messages.height, "findings": findings, **tables})
        return
    shared.print_line(repr(shown))
    shared.print_table(
        translate("cli.text", language),
        findings.select("rule", "severity", "message", "count"),
        language,
    )
    shared.print_table(translate("cli.segments", language), forecast.lengths, language)
    shared.print_table(
        translate("cli.savings", language),
        advice.savings.select("message", "texts", "saved"),
        language,
    )


def plan(
    sheet: shared.Sheet,
    template: shared.Template,
    campaign: shared.Campaign,
    sender: shared.Sender,
    message_type: shared.MessageType,
    *,
    country: shared.Country = None,
    names: Names = None,
    max_messages: Annotated[
        int | None, typer.Option(min=1, help="Refuse to plan more messages than this.")
    ] = None,
    template_id: Annotated[str | None, typer.Option(help="Registered template (India).")] = None,
    entity_id: Annotated[str | None, typer.Option(help="Registered brand (India).")] = None,
    start: Annotated[
        str | None, typer.Option(help="First moment, with its zone: 2026-03-02T10:00+05:30.")
    ] = None,
    spread: Annotated[float, typer.Option(min=0, help="Minutes to spread the messages over.")] = 0,
    hours: Annotated[
        bool, typer.Option("--hours", help="Wait for each country's hours; needs --start.")
    ] = False,
    canary: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share that goes first; needs --start.")
    ] = 0,
    test_send: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Calling code and number to try it on first: OUT/test_send.parquet."),
    ] = None,
    language: shared.Language = "en",
    out: shared.Out = Path("out"),
    as_json: shared.Json = False,
) -> None:
    """Decide the requests, and write them to OUT/plan.parquet for `send`.

    Example: msgframe plan contacts.xlsx -t "Hola ##Nombre##" --campaign may --sender UTOMOB
    --type TRANSACTION --test-send 91 9816111111
    """
    planned = mf.plan(
        mf.render(_accepted(sheet, country, names), template),
        campaign=campaign,
        sender_id=sender,
        message_type=message_type,
        max_messages=max_messages,
        template_id=template_id,
        entity_id=entity_id,
        start=None if start is None else _moment(start),
        spread=timedelta(minutes=spread),
        hours=hours,
        canary=canary,
    )
    frames = {"plan.parquet": planned}
    if test_send is not None:
        country_code, mobile = test_send
        frames["test_send.parquet"] = mf.plan_test_send(
            planned, country_code=country_code, mobile=mobile
        )
    fingerprints = {
        str(shared.write_parquet(frame, out / name)): mf.fingerprint(frame)
        for name, frame in frames.items()
    }
    summary = mf.plan_summary(planned, language=language)
    if as_json:
        path, mark = next(iter(fingerprints.items()))
        shared.print_json(
            {"plan": path, "fingerprint": mark, "requests": summary, "written": fingerprints}
        )
        return
    shared.print_table(translate("cli.requests", language), summary, language)
    for path, mark in fingerprints.items():
        shared.print_line(translate("cli.planned", language, path=path, fingerprint=mark))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--start {text!r} is no moment: write it as 2026-03-02T10:00+05:30."
        ) from None


def _accepted(sheet: Path, country: str | None, names: list[str] | None) -> pl.DataFrame:
    return mf.check(mf.read(sheet, sheet=_which(names)), country=country).accepted


def _merged(
    reading: Reading, merge: Path, settings: dict[str, Any]
) -> tuple[Reading, pl.DataFrame, Checked]:
    """Take a mended workbook back: the sheet, the changed cells, and what the check now says."""
    sheet, changes, checked = mf.merge(reading, _rows_of(merge), **settings)
    return replace(reading, sheet=sheet), changes, checked


def _rows_of(merge: Path) -> Reading:
    """Read the rows of a mended workbook, which stand behind its summary."""
    for name in (translate("rejects.rows", language) for language in languages()):
        with suppress(SheetError, UsageError):
            return mf.read(merge, sheet=name)
    return mf.read(merge)


def _print_check(outcome: dict[str, Any], changes: pl.DataFrame | None, language: str) -> None:
    shared.print_table(translate("cli.findings", language), outcome["findings"], language)
    if changes is not None:
        mended = changes.rename({"before": "value", "after": "suggestion"})
        shared.print_table(translate("cli.mended", language), mended, language)
    shared.print_table(translate("cli.problems", language), outcome["problems"], language, most=20)
    parts = (
        translate("cli.column", language, part=translate_header(part, language), header=header)
        for part, header in outcome["columns"].items()
    )
    shared.print_line(translate("cli.columns", language, columns=", ".join(parts)))
    shared.print_line(translate("cli.counts", language, **outcome))
    shared.print_line(translate("cli.written", language, files=", ".join(outcome["files"])))


def _write_workbooks(reading: Reading, checked: Checked, out: Path, language: str) -> list[Path]:
    rows = checked.accepted.height + reading.sheet.height
    with bar("writing workbooks", rows) as advance:
        return [
            *write_clean(checked.accepted, out / "accepted.xlsx", advance=advance),
            write_rejects(
                reading, checked, out / "rejected.xlsx", language=language, advance=advance
            ),
        ]


def _which(names: list[str] | None) -> str | list[str] | None:
    return names if names is None or len(names) > 1 else names[0]
