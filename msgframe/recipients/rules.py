"""The rules that every sheet is held to, whatever its model: variables, opt-outs, repeats.

A gap in a variable is told, not refused, since `render` can fill it (`defaults=`); a stand-in such
as `N/A` is refused, since the person would read it as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

from msgframe.recipients.models import Mark
from msgframe.recipients.rule_texts import Told

if TYPE_CHECKING:
    from msgframe.recipients.models import Severity

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


def of_variable(people: pl.DataFrame, name: str, maximum: int | None) -> list[Mark]:
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
        Mark(
            rule,
            name,
            SEVERITIES[rule],
            lazy.select(verdict.fill_null(value=False)),
            facts={"maximum": length[1]},
            told=Told(suggestion=mended.get(rule)),
        )
        for rule, verdict in broken.items()
    ]


def repeats(good: pl.DataFrame, keep: Keep, once_per: OncePer) -> pl.DataFrame:
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
    found = ("index", "rule", "severity", "detail")
    if once_per == "number":
        copy = pl.when(pl.col("index").is_in(_further(by_message))).then(pl.lit("repeated"))
        by_number = _nth(shared, ["msisdn"]).filter(again)
        rule = copy.otherwise(pl.lit("repeated_number"))
        return by_number.with_columns(rule=rule, severity=severity).select(found)
    copies = by_message.filter(again).with_columns(rule=pl.lit("repeated"), severity=severity)
    firsts = shared.filter(~pl.col("index").is_in(_further(by_message)))
    others = _nth(firsts, ["msisdn"]).filter(pl.col("nth") > 0)
    told = others.with_columns(rule=pl.lit("repeated_number"), severity=pl.lit("warning"))
    return pl.concat([copies.select(found), told.select(found)])


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
    found = good.join(keys, on=same, how="inner", nulls_equal=True, maintain_order="left")
    return found.select("index", "detail")
