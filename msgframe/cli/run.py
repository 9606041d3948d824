"""A whole campaign from one file: for a scheduled job, or for a person who does it every month."""

from __future__ import annotations

import json
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    field_validator,
)

import msgframe as mf
from msgframe.cli import shared
from msgframe.core.translation import languages, translate
from msgframe.errors import DataError, UsageError
from msgframe.frames import quoted
from msgframe.message_central import PARAMETERS, MessageSettings

if TYPE_CHECKING:
    import polars as pl

    from msgframe.recipients import Checked
    from msgframe.reports import Report


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


#: Sender, type and the like, from their one definition.
_SETTINGS: dict[str, Any] = {
    name: (hint, ... if name in MessageSettings.__required_keys__ else None)
    for name, hint in get_type_hints(MessageSettings).items()
}
_Settings = create_model("_Settings", __base__=_Strict, **_SETTINGS)


class Campaign(_Settings):  # type: ignore[valid-type, misc]  # a model that is made of a table
    """What is written to whom, and from whom."""

    name: str = Field(min_length=1, description="The same name is never sent twice.")
    sheet: Path = Field(description="The spreadsheet, beside the campaign file.")
    template: str = Field(min_length=1, description="The text, with ##Column## markers.")
    country: str | None = Field(default=None, description="For numbers that carry no country.")
    recipe: Path | None = Field(default=None, description="The settings of an earlier check.")
    suppress: Path | None = Field(default=None, description="Who must not be texted.")


class Limits(_Strict):
    """What stops the campaign before it starts."""

    max_rejected: float | None = Field(default=None, ge=0, le=1, description="Share of rows.")
    max_segments: int | None = Field(default=None, ge=1, description="Segments of one text.")
    max_messages: int | None = Field(default=None, ge=1, description="Messages of the campaign.")


class Outputs(_Strict):
    """Where things go."""

    folder: Path = Path("out")
    journal: str = Field(default="journal.db", description="In the folder, or a postgresql:// URL.")
    callbacks: str | None = Field(default=None, description="The receiver's store or an export.")
    language: str = "en"

    @field_validator("language")
    @classmethod
    def _known(cls, language: str) -> str:
        if language not in languages():
            raise ValueError(f"there are {quoted(languages())}")
        return language


class Job(_Strict):
    """A campaign file."""

    campaign: Campaign
    limits: Limits = Limits()
    outputs: Outputs = Outputs()


def run(
    file: Annotated[Path, typer.Argument(exists=True, help="The campaign file, in TOML.")],
    *,
    dry: Annotated[bool, typer.Option("--dry", help="Check and plan, send nothing.")] = False,
    url: shared.Url = None,
    as_json: shared.Json = False,
) -> None:
    """Run a campaign file from the sheet to the report; run it again and it goes on.

    What was sent is not sent again, and two runs at once are refused, so that a scheduler may call
    it as often as it likes. Each step is a line of JSON on standard error.

    Example: msgframe run campaign.toml
    """
    job, home = _read(file), file.parent
    out = home / job.outputs.folder
    sheet, checked = _check(job, home)
    plan = _plan(job, checked.accepted, out)
    if dry:
        return
    sent = _send(job, plan, out, url)
    report = _report(job, home, out, sheet=sheet, checked=checked, sent=sent)
    files = [str(report.save(out / name)) for name in ("report.html", "report.xlsx")]
    funnel, language = report.tables["funnel"], report.language
    _log("reported", delivered=int(funnel["rows"][-1]), files=files)
    if as_json:
        shared.print_json({"funnel": funnel, "files": files})
    else:
        shared.print_table(report.heading("funnel"), funnel, language)
        shared.print_line(translate("cli.written", language, files=", ".join(files)))
    shared.exit_unless_sent(sent)


def _check(job: Job, home: Path) -> tuple[pl.DataFrame, Checked]:
    reading = mf.read(home / job.campaign.sheet)
    _log("read", rows=reading.sheet.height, findings=reading.findings.height)
    checked = mf.check(
        reading,
        country=job.campaign.country,
        recipe=_in_folder(home, job.campaign.recipe),
        suppress=_in_folder(home, job.campaign.suppress),
        max_rejected=job.limits.max_rejected,
        language=job.outputs.language,
    )
    _log("checked", accepted=checked.accepted.height, rejected=checked.rejected.height)
    if checked.accepted.is_empty():
        raise DataError(
            f"No row of {job.campaign.sheet} can be sent to: `msgframe check` says why."
        )
    return reading.sheet, checked


def _plan(job: Job, accepted: pl.DataFrame, out: Path) -> pl.DataFrame:
    messages = mf.render(accepted, job.campaign.template, max_segments=job.limits.max_segments)
    settings = job.campaign.model_dump(include=set(PARAMETERS), exclude_unset=True)
    plan = mf.plan(
        messages, campaign=job.campaign.name, max_messages=job.limits.max_messages, **settings
    )
    shared.write_parquet(plan, out / "plan.parquet")
    _log("planned", messages=plan.height, requests=plan["request"].drop_nulls().n_unique())
    return plan


def _send(job: Job, plan: pl.DataFrame, out: Path, url: str | None) -> pl.DataFrame:
    journal = job.outputs.journal
    target = journal if "://" in journal else out / journal
    with mf.Client(url) as client, mf.Journal(target) as opened:
        sent = mf.send(plan, client, opened)
    _log("sent", **dict(sent.group_by("state").len().sort("state").rows()))
    return sent


def _report(
    job: Job, home: Path, out: Path, *, sheet: pl.DataFrame, checked: Checked, sent: pl.DataFrame
) -> Report:
    receipts = _receipts(job.outputs.callbacks, home)
    deliveries, orphans = mf.track(sent, receipts)
    shared.write_parquet(deliveries, out / "deliveries.parquet")
    return mf.report(
        deliveries,
        sheet=sheet,
        checked=checked,
        callbacks=receipts,
        orphans=orphans,
        title=job.campaign.name,
        language=job.outputs.language,
    )


def _read(file: Path) -> Job:
    try:
        return Job.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise UsageError(f"{file} is not TOML: {broken}.") from None
    except ValidationError as wrong:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()]
        raise UsageError(f"{file} cannot be used. {'; '.join(faults)}.") from None


def _in_folder(home: Path, path: Path | None) -> Path | None:
    return None if path is None else home / path


def _receipts(source: str | None, home: Path) -> Any:
    if source is None or ("://" not in source and not (home / source).exists()):
        return mf.read_callbacks([])
    return mf.read_callbacks(source if "://" in source else home / source)


def _log(event: str, **facts: Any) -> None:
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **facts}
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)
