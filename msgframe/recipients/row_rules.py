"""The rules that every sheet is held to, whatever its model: numbers, variables, opt-outs, repeats.

A gap in a variable is a warning, since `render` can fill it (`defaults=`); a stand-in such as `N/A`
is an error, since the person would read it as it stands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.frames import require_columns
from msgframe.recipients import suppression
from msgframe.recipients.models import NUMBER_COLUMNS, RuleResult, RuleText

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandera.polars as pa

    from msgframe.recipients.headers import Match
    from msgframe.recipients.models import Severity
    from msgframe.recipients.recipes import Recipe
    from msgframe.recipients.results import Problems

Keep: TypeAlias = Literal["first", "all", "none"]
OncePer: TypeAlias = Literal["message", "number"]

#: What people and programs write where a value is missing. Case counts: "NA" is a missing value of
#: R and Excel, "Na" may be somebody's name.
PLACEHOLDERS = (
    *("-", "--", "---", "–", "—", "_", "?", "??", "???", "."),
    *("N/A", "n/a", "N/a", "NA", "#N/A", "#n/a", "#N/D", "n.a.", "N.A.", "s/d", "S/D"),
    *("null", "NULL", "Null", "(null)", "None", "nan", "NaN", "undefined", "(blank)", "(vacío)"),
    *("#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#¡REF!"),
    *("#¡DIV/0!", "#¡VALOR!", "#¿NOMBRE?", "#¡NULO!", "#¡NUM!"),
)

#: C0 and C1 controls but tab and line ends, and the overrides of direction (U+202A to U+202E,
#: U+2066 to U+2069), by which a text can be made to show in another order than it is stored.
CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u{202a}-\u{202e}\u{2066}-\u{2069}]"

#: The longest value that an Indian operator lets into a registered template (DLT, error 635).
DLT_LENGTH = 30

#: How grave each rule is by itself; `severities=` of `check` says otherwise.
SEVERITIES: dict[str, Severity] = {
    "blank": "warning",
    "placeholder": "error",
    "marker": "error",
    "control_characters": "error",
    "too_long_value": "error",
    "dlt_length": "warning",
    "repeated": "error",
    "repeated_number": "warning",
    "repeated_elsewhere": "error",
    "several_numbers": "warning",
}

#: Problems of a number that lie in its country.
_OF_COUNTRY = frozenset({"no_country"})


def numbers(problems: Problems, repaired: pl.DataFrame, matched: Match) -> None:
    """Refuse the numbers that could not be repaired, under the rule that says why."""
    bad = (
        repaired.with_row_index("index")
        .filter(pl.col("rule").is_not_null())
        .select("index", "rule", "suggestion")
    )
    for rule in bad["rule"].unique().sort():
        header = matched.country if rule in _OF_COUNTRY and matched.country else matched.mobile
        problems.add_rows(rule, "error", bad.filter(rule=rule), header)


def several_numbers(problems: Problems) -> None:
    """Tell the rows that one row became, because its cell held several numbers."""
    place = [name for name in ("sheet", "row") if name in problems.sheet.columns]
    twice = problems.sheet.select(pl.struct(place).is_duplicated()).to_series()
    rows = pl.DataFrame({"index": twice.arg_true()})
    problems.add_rows("several_numbers", "warning", rows, problems.matched.mobile)


def variable_results(
    people: pl.DataFrame, schema: pa.DataFrameSchema, used: Sequence[str], settings: Recipe
) -> list[RuleResult]:
    """Mark gaps and stand-ins; the model says of its own fields whether they may be blank."""
    own = {
        name: field.nullable or field.default is not None
        for name, field in schema.columns.items()
        if name in people.columns
    }
    looked = [name for name in people.columns if name in used or name in own]
    return [
        replace(result, severity="error") if result.rule == "blank" and name in own else result
        for name in looked
        if name not in {"row", *NUMBER_COLUMNS}
        # Two columns, not all: a sheet may have thousands, and each plan carries its frame's.
        for result in _results_of(people.select("country_code", name), name, settings.max_length)
        if result.rule != "blank" or not own.get(name)
    ]


def with_severity(
    results: Sequence[RuleResult], known: pl.Series, settings: Recipe
) -> list[RuleResult]:
    """Give each result the severity asked for, and list a blank and an unknown number only once."""
    blank = {result.column for result in results if result.rule == "blank"}
    return [
        replace(
            result,
            severity=settings.severities.get(result.rule, result.severity),
            broken=result.broken.select(pl.first() & known)
            if result.column in NUMBER_COLUMNS or result.rule == "joint_unique"
            else result.broken,
        )
        for result in results
        if result.rule != "not_nullable" or result.column not in blank
    ]


def suppressed(
    problems: Problems, people: pl.DataFrame, source: suppression.Source, country: str | None
) -> None:
    """Refuse who is on the list: by the whole number, without its country, or as typed."""
    codes = people["country_code"].drop_nulls().value_counts(sort=True)["country_code"]
    listed = suppression.read_suppressed(
        source, countries=[country] if country else codes.to_list()
    )
    typed = problems.sheet[problems.matched.mobile].str.replace_all(r"[^0-9]", "")
    spelled = people.select("mobile", pl.col("msisdn").cast(pl.String), typed=typed)
    reason = [
        pl.col(name).replace_strict(listed["key"], listed["detail"], default=None)
        for name in ("msisdn", "mobile", "typed")
    ]
    rows = spelled.select(detail=pl.coalesce(reason)).with_row_index("index")
    problems.add_rows("suppressed", "error", rows.drop_nulls("detail"), problems.matched.mobile)


def repeats(
    problems: Problems,
    people: pl.DataFrame,
    used: Sequence[str],
    settings: Recipe,
    earlier: pl.DataFrame | Sequence[pl.DataFrame] | None,
) -> None:
    """Tell what repeats an earlier sheet, then what repeats another row; bad rows take no place."""
    place = pl.col("row").cast(pl.String)
    if "sheet" in people.columns:
        place = pl.format("{} ({})", place, "sheet")
    # The variables go by their turn, since a person's column may be called "index" or "place".
    turns = {f"variable {n}": pl.col(name) for n, name in enumerate(used)}
    rows = people.select("msisdn", place=place, **turns).with_row_index("index")
    header = problems.matched.mobile
    if earlier is not None and len(earlier):
        again = seen_before(*_shared(rows.filter(problems.good), earlier, used))
        usual: Severity = "warning" if settings.keep == "all" else "error"
        severity = settings.severities.get("repeated_elsewhere", usual)
        problems.add_rows("repeated_elsewhere", severity, again, header)
    repeated = repeated_rows(rows.filter(problems.good), settings.keep, settings.once_per)
    for rule, severity in repeated.select("rule", "severity").unique().sort(pl.all()).rows():
        weight = settings.severities.get(rule, severity)
        problems.add_rows(rule, weight, repeated.filter(rule=rule, severity=severity), header)


def _shared(
    rows: pl.DataFrame, earlier: pl.DataFrame | Sequence[pl.DataFrame], used: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bring the variables that both sheets have under the same names, as text."""
    if not isinstance(earlier, pl.DataFrame):
        earlier = pl.concat(earlier, how="diagonal_relaxed")
    require_columns(earlier, ["msisdn"], verb="check")
    turns = {f"variable {n}": name for n, name in enumerate(used) if name in earlier.columns}
    label = [name for name in ("row",) if name in earlier.columns]
    before = {turn: pl.col(name).cast(pl.String) for turn, name in turns.items()}
    now = rows.select("index", "place", "msisdn", *turns)
    return now, earlier.select("msisdn", *label, **before)


def _results_of(people: pl.DataFrame, name: str, maximum: int | None) -> list[RuleResult]:
    """Mark what is wrong with the values of one variable.

    Parameters
    ----------
    people
        A frame with `country_code` and the variable as text.
    name
        The variable's column.
    maximum
        The most characters a value may have; None holds Indian numbers (+91) to 30, as a warning.
    """
    lazy, cell = people.lazy(), pl.col(name)
    bare = cell.str.strip_chars()
    length = ("dlt_length", DLT_LENGTH) if maximum is None else ("too_long_value", maximum)
    too_long = cell.str.len_chars() > length[1]
    if maximum is None:
        too_long &= pl.col("country_code") == "91"
    broken = {
        "blank": (bare == "").fill_null(value=True),
        "placeholder": bare.is_in(PLACEHOLDERS),
        "marker": cell.str.contains("##", literal=True),
        "control_characters": cell.str.contains(CONTROLS),
        length[0]: too_long,
    }
    mended = {"control_characters": cell.str.replace_all(CONTROLS, "").str.strip_chars()}
    return [
        RuleResult(
            rule,
            name,
            SEVERITIES[rule],
            lazy.select(verdict.fill_null(value=False)),
            facts={"maximum": length[1]},
            rule_text=RuleText(suggestion=mended.get(rule)),
        )
        for rule, verdict in broken.items()
    ]


def repeated_rows(good: pl.DataFrame, keep: Keep, once_per: OncePer) -> pl.DataFrame:
    """Find the rows that repeat another, among rows that are otherwise good.

    Parameters
    ----------
    good
        `index`, `place` (the row in words), `msisdn`, and then the variables: two rows that agree
        in number and variables would read the same.
    keep
        Which of several copies goes out: "first", "all" (each further one is told), or "none".
    once_per
        "message": a number may get several different messages; "number": one at most.

    Returns
    -------
    `index`, `rule` (repeated: the same values; repeated_number: others), `severity`, `detail` (the
    place of the row that it repeats).
    """
    shared = good.filter(pl.col("msisdn").is_duplicated())
    by_message = _nth(shared, shared.drop("index", "place").columns)
    again = (pl.col("nth") > 0) | (pl.lit(keep == "none") & (pl.col("copies") > 1))
    severity = pl.lit("warning" if keep == "all" else "error")
    columns = ("index", "rule", "severity", "detail")
    if once_per == "number":
        copy = pl.when(pl.col("index").is_in(_further(by_message))).then(pl.lit("repeated"))
        by_number = _nth(shared, ["msisdn"]).filter(again)
        rule = copy.otherwise(pl.lit("repeated_number"))
        return by_number.with_columns(rule=rule, severity=severity).select(columns)
    copies = by_message.filter(again).with_columns(rule=pl.lit("repeated"), severity=severity)
    firsts = shared.filter(~pl.col("index").is_in(_further(by_message)))
    others = _nth(firsts, ["msisdn"]).filter(pl.col("nth") > 0)
    others = others.with_columns(rule=pl.lit("repeated_number"), severity=pl.lit("warning"))
    return pl.concat([copies.select(columns), others.select(columns)])


def _nth(rows: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """Count the rows of each group, and name the first one, or for the first the second."""
    place = pl.col("place").list
    return (
        rows.group_by(group, maintain_order=True)
        .agg("index", "place", copies=pl.len())
        .select(
            "index",
            "copies",
            first=place.first(),
            second=place.get(1, null_on_oob=True),
            nth=pl.int_ranges(0, "copies"),
        )
        .explode("index", "nth")
        .with_columns(detail=pl.when(pl.col("nth") == 0).then("second").otherwise("first"))
    )


def _further(groups: pl.DataFrame) -> pl.Series:
    """Give the rows that are not the first of their group, as one list to look in."""
    return groups.filter(pl.col("nth") > 0).get_column("index").implode()


def seen_before(good: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Find the rows whose number and values were in an earlier sheet already.

    Both frames have `msisdn` and the variables by the same names.

    Returns
    -------
    `index`, and `detail`: in which row of the earlier sheet, where it has row numbers.
    """
    same = [name for name in good.columns if name not in {"index", "place"}]
    label = pl.format(" (row {})", "row") if "row" in earlier.columns else pl.lit("")
    keys = earlier.select(*same, detail=label).unique(same, keep="first", maintain_order=True)
    seen = good.join(keys, on=same, how="inner", nulls_equal=True, maintain_order="left")
    return seen.select("index", "detail")
