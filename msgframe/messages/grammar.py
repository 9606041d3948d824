"""What a template may say: its markers, the columns that they mean, and what is wrong with it.

    Hola ##nombre|cliente##, tu saldo es ##Var2##. Pedido ####12

`##nombre##` is a column of the sheet by its header, `##Var2##` the second of the person's own
columns (`##var##` the first), `|cliente` what stands where the cell is blank, and `####` a `##`
that stays in the text. A header with `#` or `|` in it is named by its place, `##Var3##`. A template
is read once, from left to right: whatever a value holds, it is never read as a marker.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from msgframe.errors import TemplateError
from msgframe.frames import RESERVED, did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Marker:
    """One `##name|default##` of a template."""

    #: The name as written, without its outer blanks; once bound, the column's own.
    name: str
    #: What stands where the cell is blank; None leaves it blank.
    default: str | None = None
    #: Where the marker opens, in characters from 0; two markers are equal wherever they stand.
    at: int = field(default=0, compare=False)


#: A template is text and markers in turn.
Part: TypeAlias = str | Marker

# A run of # is read in fours: #### is a literal ##, and of the rest ## opens, one # is itself.
_TOKEN = re.compile(r"(?P<literal>####)|#(?=##(?!#))|##(?P<marker>[^#]*)##|(?P<open>##)|#|[^#]+")

# What people (and translation programs) make of a marker: blanks between the signs, one sign too
# few on one side, a look-alike sign, another system's braces. Bounded, so that it stays linear.
_BLANKS = r"[ \t\xa0]{0,3}"
_INSIDE = rf"{_BLANKS}(?P<inside>\w[^#＃{{}}\n]{{0,62}}?){_BLANKS}"
_TWO, _ONE = rf"[#＃]{_BLANKS}[#＃]", "[#＃]"
_DAMAGED = re.compile(
    rf"(?P<whole>####|##[^#]+##)"
    rf"|(?:(?P<two>{_TWO})|{_ONE}|(?P<brace>\{{\{{?)){_INSIDE}"
    rf"(?(two)(?:{_TWO}|{_ONE})|(?(brace)\}}\}}?|{_TWO}))"
)

_POSITION = re.compile(r"var\s*(\d{0,4})", re.IGNORECASE)


def parse(template: str) -> list[Part]:
    """Read a template into its text and markers, in turn, in time linear in its length.

    Raises
    ------
    TemplateError
        Where a marker never closes or names nothing, with the place and, where one is likely, the
        template that was meant.

    >>> parse("Hola ##nombre|cliente##, pedido ####12")
    ['Hola ', Marker(name='nombre', default='cliente', at=5), ', pedido ##12']
    >>> parse("Hola # #var ##")
    Traceback (most recent call last):
    msgframe.errors.TemplateError: The marker that opens at character 13 never closes: '##'. Close
    it with ##, or write #### for a ## in the text. Did you mean 'Hola ##var##'?
    """
    tokens = (_part(token, template) for token in _TOKEN.finditer(template))
    parts: list[Part] = []
    for text, run in groupby(tokens, key=lambda token: isinstance(token, str)):
        pieces = list(run)
        parts += ["".join(map(str, pieces))] if text else pieces
    return parts


def write(parts: Iterable[Part]) -> str:
    """Write parts as a template again: `parse(write(parts))` gives the same text and markers.

    >>> write(["Pedido ##", Marker("id", default="?")])
    'Pedido ######id|?##'
    """
    return "".join(
        part.replace("##", "####") if isinstance(part, str) else _written(part) for part in parts
    )


def mend(template: str, names: Iterable[str] = ()) -> str:
    """Mend the damaged markers of a template whose name is known: `# #var ##` is `##var##`.

    Known are `var`, `Var1`, … and the `names` that are given. Whole markers stay as they are.

    >>> mend("Hola # #var ##, tu saldo es #saldo##, #1 {{nombre}}", names=["saldo"])
    'Hola ##var##, tu saldo es ##saldo##, #1 {{nombre}}'
    """
    known = {fold(name) for name in names}
    pieces, at = [], 0
    while damage := _DAMAGED.search(template, at):
        pieces.append(template[at : damage.start()])
        meant = _mended(damage, known)
        # A false alarm is passed by one sign only: the true marker may begin inside of it.
        pieces.append(meant or template[damage.start()])
        at = damage.end() if meant else damage.start() + 1
    return "".join([*pieces, template[at:]])


@lru_cache(maxsize=1024)
def fold(name: str) -> str:
    """Give a name without what people vary: case, accents, blanks, `_`, `-` and other signs.

    >>> fold("Teléfono_Móvil "), fold("TELEFONO movil")
    ('telefonomovil', 'telefonomovil')
    """
    return "".join(filter(_is_telling, unicodedata.normalize("NFKD", name.casefold())))


def bind(
    template: str,
    columns: Sequence[str],
    *,
    defaults: Mapping[str, str] | None = None,
    verb: str = "render",
) -> list[Part]:
    """Read a template for a frame: each marker's name becomes the column's own.

    Parameters
    ----------
    template
        Text with markers, `##name##`, `##name|default##`, `##Var1##`.
    columns
        The frame's columns, in their order.
    defaults
        What stands where a cell is blank, by name; a marker's own default comes first.
    verb
        Who asks, for the error.

    Raises
    ------
    TemplateError
        Where the template is broken, names a column that is not there, or one that two headers
        could mean.

    >>> bind("##NOMBRE##: ##var2##", ["row", "mobile", "Nombre", "saldo"])
    [Marker(name='Nombre', default=None, at=0), ': ', Marker(name='saldo', default=None, at=12)]
    >>> bind("Hola ##nombr##", ["row", "mobile", "Nombre"])
    Traceback (most recent call last):
    msgframe.errors.TemplateError: render() knows no ##nombr## (character 6). Did you mean 'Nombre'?
    The frame has 'row', 'mobile', 'Nombre'.
    """
    parts = parse(template)
    _refuse_damage(parts, template, columns)
    written = dict.fromkeys(marker.name for marker in markers(parts))
    names = {name: resolve(name, columns) for name in written}
    _refuse_unknown(parts, names, columns, verb)
    blanks = _defaults(defaults or {}, columns, verb)
    return [
        part if isinstance(part, str) else _bound(part, str(names[part.name]), blanks)
        for part in parts
    ]


def resolve(name: str, columns: Sequence[str]) -> str | None:
    """Find the column that a marker's name means, or None.

    First the header as it is, then one that differs only in case, accents, blanks and signs, and
    then, where no header is a `VarN` itself, the N-th of the person's own columns.

    Raises
    ------
    TemplateError
        Where two headers differ from the name in nothing that counts.

    >>> resolve("TELEFONO", ["Teléfono"]), resolve("Var1", ["row", "msisdn", "name"])
    ('Teléfono', 'name')
    """
    if name in columns:
        return name
    alike = [column for column in columns if fold(column) == fold(name)] if fold(name) else []
    if len(alike) > 1:
        raise TemplateError(
            f"##{name}## could be {quoted(alike)}. Write the header exactly as it is in the frame."
        )
    return alike[0] if alike else _by_position(name, columns)


def first_difference(one: str, other: str) -> int:
    """Give the first character, from 0, in which two templates differ.

    >>> first_difference("a # #b##", "a ##b##")
    3
    """
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def own(columns: Iterable[str]) -> list[str]:
    """Give the columns that are the person's own: neither a verb's, nor `row` and `sheet`.

    >>> own(["row", "country_code", "mobile", "msisdn", "nombre"])
    ['nombre']
    """
    return [column for column in columns if column not in RESERVED | {"row", "sheet"}]


def markers(parts: Iterable[Part]) -> list[Marker]:
    """Give the markers of a template, in their order."""
    return [part for part in parts if isinstance(part, Marker)]


def literals(parts: Iterable[Part]) -> list[str]:
    """Give the texts between the markers of a template, in their order."""
    return [part for part in parts if isinstance(part, str)]


def value(marker: Marker) -> pl.Expr:
    """Give what a bound marker puts into the text: the cell, or its default where it is blank.

    >>> people = pl.DataFrame({"name": ["Ana", " ", None]})
    >>> people.select(value(Marker("name", default="friend")))["name"].to_list()
    ['Ana', 'friend', 'friend']
    """
    cell = pl.col(marker.name).cast(pl.String)
    if marker.default is None:
        return cell.fill_null("")
    filled = cell.str.strip_chars() != ""
    return pl.when(filled).then(cell).otherwise(pl.lit(marker.default)).alias(marker.name)


def text(parts: Iterable[Part]) -> pl.Expr:
    """Give the text of bound parts as one expression.

    >>> parts = bind("Hola ##nombre##", ["nombre"])
    >>> pl.DataFrame({"nombre": ["Ana", "##x##", None]}).select(text=text(parts))["text"].to_list()
    ['Hola Ana', 'Hola ##x##', 'Hola ']
    """
    pieces = [pl.lit(part) if isinstance(part, str) else value(part) for part in parts]
    return pl.concat_str(pieces or [pl.lit("")])


def _part(token: re.Match[str], template: str) -> Part:
    match token.lastgroup:
        case "literal":
            return "##"
        case "open":
            raise _never_closes(token, template)
        case "marker":
            return _marker(token, template)
        case _:
            return token[0]


def _marker(token: re.Match[str], template: str) -> Marker:
    name, bar, default = token["marker"].partition("|")
    if not name.strip():
        raise TemplateError(
            f"The marker at character {token.start() + 1} names nothing: {token[0]!r}. "
            f"Put a column's name between its signs, or write #### for a ## in the text."
            f"{_meant(template)}"
        )
    return Marker(name.strip(), default if bar else None, token.start())


def _never_closes(token: re.Match[str], template: str) -> TemplateError:
    opened = template[token.start() : token.start() + 20]
    return TemplateError(
        f"The marker that opens at character {token.start() + 1} never closes: {opened!r}. "
        f"Close it with ##, or write #### for a ## in the text.{_meant(template)}"
    )


def _meant(template: str, names: Iterable[str] = ()) -> str:
    mended = mend(template, names)
    return f" Did you mean {mended!r}?" if mended != template else ""


def _written(marker: Marker) -> str:
    return f"##{marker.name}{'' if marker.default is None else '|' + marker.default}##"


def _mended(damage: re.Match[str], known: set[str]) -> str | None:
    if damage["whole"]:
        return damage[0]
    name = damage["inside"].partition("|")[0].strip()
    sure = fold(name) in known or _POSITION.fullmatch(name)
    return f"##{damage['inside']}##" if sure else None


def _is_telling(letter: str) -> bool:
    # Vowel signs of Indian scripts are marks too, but tell words apart: they do not combine.
    mark = unicodedata.category(letter).startswith("M") and not unicodedata.combining(letter)
    return letter.isalnum() or mark


def _by_position(name: str, columns: Sequence[str]) -> str | None:
    position = _POSITION.fullmatch(name)
    if position is None:
        return None
    number, mine = int(position[1] or 1), own(columns)
    numbered = {fold(column): column for column in mine if _POSITION.fullmatch(column.strip())}
    if numbered:
        # The sheet numbers its columns itself, as the vendor's own does; ##var## is the first.
        return numbered.get(f"var{number}")
    return mine[number - 1] if 0 < number <= len(mine) else None


def _bound(marker: Marker, column: str, blanks: Mapping[str, str]) -> Marker:
    default = blanks.get(column) if marker.default is None else marker.default
    return replace(marker, name=column, default=default)


def _defaults(defaults: Mapping[str, str], columns: Sequence[str], verb: str) -> dict[str, str]:
    resolved = {name: resolve(name, columns) for name in defaults}
    missing = [name for name, column in resolved.items() if column is None]
    if missing:
        raise TemplateError(
            f"{verb}() has a default for {quoted(missing)}, which is no column."
            f"{did_you_mean(missing, columns)} The frame has {quoted(columns) or 'no columns'}."
        )
    return {str(column): defaults[name] for name, column in resolved.items()}


def _refuse_unknown(
    parts: Iterable[Part], names: Mapping[str, str | None], columns: Sequence[str], verb: str
) -> None:
    unknown = [marker for marker in markers(parts) if names[marker.name] is None]
    if unknown:
        listed = ", ".join(f"##{part.name}## (character {part.at + 1})" for part in unknown[:12])
        more = f" and {len(unknown) - 12:,} more" if len(unknown) > 12 else ""
        raise TemplateError(
            f"{verb}() knows no {listed}{more}."
            f"{did_you_mean([part.name for part in unknown], columns)} "
            f"The frame has {quoted(columns) or 'no columns'}."
        )


def _refuse_damage(parts: Iterable[Part], template: str, columns: Sequence[str]) -> None:
    # A damaged marker can be plain text to the grammar; people would get it as it is written.
    written = "\n".join(literals(parts))
    if mend(written, columns) != written:
        meant = mend(template, columns)
        at = first_difference(template, meant)
        raise TemplateError(
            f"The template has a damaged marker near character {at + 1}: "
            f"{template[max(0, at - 5) : at + 25]!r}.{_meant(template, columns)}"
        )
