# ruff: noqa: E501  (a sentence is one line, however long)
"""What each rule says to the person who must mend the sheet, in their language.

A template may name `{column}` and the settings of its rule (`{min_value}`, `{pattern}`, …). Others
add to the table: `MESSAGES["pt"] = {"empty": "{column}: falta o número."}`; what a language lacks
is said in English. Values are never part of a sentence: they stand beside it, in `value`, so that
a sentence can be logged without showing anybody's number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgframe.errors import UsageError
from msgframe.frames import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Language → rule → sentence. The rules of pandera go by pandera's names.
MESSAGES: dict[str, dict[str, str]] = {
    "en": {
        # The number
        "empty": "{column} holds no number to send to.",
        "scientific_notation": "{column} was shortened by Excel and digits are lost: type the number again, as text.",
        "multiple_numbers": "{column} holds more than one number: leave one in the cell.",
        "too_long": "{column} has too many digits for a number of its country.",
        "too_short": "{column} has too few digits for a number of its country.",
        "not_mobile": "{column} is not a mobile number: no text can reach it.",
        "invalid_number": "{column} is not a number that its country has given out.",
        "country_mismatch": "{column} carries another country's code than the row says.",
        "letters": "{column} has letters in it: write digits only.",
        "negative_number": "{column} begins with a minus sign: remove it if the number is right.",
        "no_country": "The country of this number is not known: write its calling code, such as 91.",
        "repair_not_allowed": "{column} would have to be mended in a way that was not allowed: write it as suggested.",
        "several_numbers": "{column} held more than one number: each has a row of its own now.",
        # Who must not, or not again
        "suppressed": "This number is on the list of those who must not be texted{detail}.",
        "repeated": "The same number with the same values stands in row {detail} already.",
        "repeated_number": "The same number stands in row {detail} too, with other values.",
        "repeated_elsewhere": "The same number with the same values was in an earlier sheet{detail}.",
        # The variables
        "blank": "{column} is blank: the text would have a gap.",
        "placeholder": "{column} holds a stand-in for a missing value: the person would read it.",
        "marker": "{column} holds ##, which marks a variable in a text.",
        "control_characters": "{column} holds characters that cannot be seen or printed.",
        "too_long_value": "{column} is longer than {maximum} characters.",
        "dlt_length": "{column} is longer than {maximum} characters: India's registered templates refuse it.",
        # The model: pandera's own checks
        "not_nullable": "{column} must not be blank.",
        "unique": "{column} must not stand in two rows.",
        "joint_unique": "{columns} together must not stand in two rows.",
        "type": "{column} must be {kind}.",
        "equal_to": "{column} must be {value}.",
        "not_equal_to": "{column} must not be {value}.",
        "greater_than": "{column} must be more than {min_value}.",
        "greater_than_or_equal_to": "{column} must be at least {min_value}.",
        "less_than": "{column} must be less than {max_value}.",
        "less_than_or_equal_to": "{column} must be at most {max_value}.",
        "in_range": "{column} must lie between {min_value} and {max_value}.",
        "isin": "{column} must be one of {allowed_values}.",
        "notin": "{column} must be none of {forbidden_values}.",
        "str_matches": "{column} does not have the form that is asked for ({pattern}).",
        "str_contains": "{column} lacks what it must contain ({pattern}).",
        "str_startswith": "{column} must begin with {string}.",
        "str_endswith": "{column} must end with {string}.",
        "str_length": "{column} must have {lengths} characters.",
        "check": "{column} does not meet the rule {rule}.",
        "check_row": "The row does not meet the rule {rule}.",
    },
    "es": {
        "empty": "{column} no contiene ningún número al que enviar.",
        "scientific_notation": "Excel abrevió {column} y se perdieron cifras: escribe el número otra vez, como texto.",
        "multiple_numbers": "{column} contiene más de un número: deja solo uno en la celda.",
        "too_long": "{column} tiene demasiadas cifras para un número de su país.",
        "too_short": "{column} tiene pocas cifras para un número de su país.",
        "not_mobile": "{column} no es un móvil: no puede recibir mensajes.",
        "invalid_number": "{column} no es un número que su país haya asignado.",
        "country_mismatch": "{column} lleva el prefijo de un país distinto del de la fila.",
        "letters": "{column} contiene letras: escribe solo cifras.",
        "negative_number": "{column} empieza por un signo menos: quítalo si el número es correcto.",
        "no_country": "No se sabe el país de este número: escribe su prefijo, por ejemplo 34.",
        "repair_not_allowed": "{column} tendría que corregirse de un modo no permitido: escríbelo como se sugiere.",
        "several_numbers": "{column} contenía más de un número: ahora cada uno tiene su fila.",
        "suppressed": "Este número está en la lista de quienes no deben recibir mensajes{detail}.",
        "repeated": "El mismo número con los mismos valores ya está en la fila {detail}.",
        "repeated_number": "El mismo número está también en la fila {detail}, con otros valores.",
        "repeated_elsewhere": "El mismo número con los mismos valores estaba en una hoja anterior{detail}.",
        "blank": "{column} está en blanco: el texto tendría un hueco.",
        "placeholder": "{column} contiene un comodín en vez de un valor: la persona lo leería.",
        "marker": "{column} contiene ##, que marca una variable del texto.",
        "control_characters": "{column} contiene caracteres que no se ven ni se imprimen.",
        "too_long_value": "{column} tiene más de {maximum} caracteres.",
        "dlt_length": "{column} tiene más de {maximum} caracteres: las plantillas registradas de la India no lo admiten.",
        "not_nullable": "{column} no puede estar en blanco.",
        "unique": "{column} no puede repetirse en dos filas.",
        "joint_unique": "{columns} juntos no pueden repetirse en dos filas.",
        "type": "{column} debe ser {kind}.",
        "equal_to": "{column} debe ser {value}.",
        "not_equal_to": "{column} no puede ser {value}.",
        "greater_than": "{column} debe ser mayor que {min_value}.",
        "greater_than_or_equal_to": "{column} debe ser al menos {min_value}.",
        "less_than": "{column} debe ser menor que {max_value}.",
        "less_than_or_equal_to": "{column} debe ser como máximo {max_value}.",
        "in_range": "{column} debe estar entre {min_value} y {max_value}.",
        "isin": "{column} debe ser uno de {allowed_values}.",
        "notin": "{column} no puede ser ninguno de {forbidden_values}.",
        "str_matches": "{column} no tiene la forma que se pide ({pattern}).",
        "str_contains": "A {column} le falta lo que debe contener ({pattern}).",
        "str_startswith": "{column} debe empezar por {string}.",
        "str_endswith": "{column} debe terminar en {string}.",
        "str_length": "{column} debe tener {lengths} caracteres.",
        "check": "{column} no cumple la regla {rule}.",
        "check_row": "La fila no cumple la regla {rule}.",
    },
}

#: What a dtype is called in a sentence.
KINDS: dict[str, dict[str, str]] = {
    "en": {"integer": "a whole number", "float": "a number", "temporal": "a date", "other": "a {}"},
    "es": {"integer": "un número entero", "float": "un número", "temporal": "una fecha", "other": "un {}"},
}  # fmt: skip


def known_language(language: str) -> str:
    """Give the language back if the table has it, else say which there are."""
    if language not in MESSAGES:
        raise UsageError(
            f"check(language={language!r}): there are {quoted(MESSAGES)}. "
            "Add one: msgframe.recipients.MESSAGES['pt'] = {'empty': '…'}."
        )
    return language


def sentence(rule: str, language: str, facts: Mapping[str, Any], *, otherwise: str) -> str:
    """Say a rule in a language, or in English, or in the words of the rule called `otherwise`.

    >>> sentence("isin", "es", {"column": "Plan", "allowed_values": ["oro", "plata"]}, otherwise="")
    'Plan debe ser uno de oro, plata.'
    >>> sentence("saldo_ok", "en", {"column": "Saldo", "rule": "saldo_ok"}, otherwise="check")
    'Saldo does not meet the rule saldo ok.'
    """
    tables = (MESSAGES[language], MESSAGES["en"])
    template = next(
        (table[name] for name in (rule, otherwise) for table in tables if name in table), rule
    )
    return fill(template, facts)


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """Put facts into a template; braces in a fact, and names that nobody knows, stay as they are.

    >>> fill("{column} has the form {pattern}, {who}?", {"column": "Id", "pattern": "^[0-9]{4}$"})
    'Id has the form ^[0-9]{4}$, {who}?'
    """
    return template.format_map(_Facts({name: _plain(name, fact) for name, fact in facts.items()}))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _plain(name: str, fact: Any) -> str:
    match fact:
        case str() if name == "rule":
            return fact.replace("_", " ")
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(str, fact))
        case _:
            return str(fact)
