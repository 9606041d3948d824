"""What people call the column of numbers and the column of countries, in six languages.

The only such list: `check` finds columns by it, and `core.masking` hides them. Each wording is
written as people write it; case, accents, blanks and marks are folded away before two are compared,
so "Teléfono", "TELEFONO" and "telé_fono" are one wording.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TypeAlias

from rapidfuzz import fuzz, process

#: Kinds of wordings, each with what it says for a part, from 0 to 1.
Kinds: TypeAlias = "tuple[tuple[float, tuple[str, ...]], ...]"

#: Below this likeness (0 to 100) two wordings are different words, not a slip of the pen.
ALIKE = 86

#: A mobile number by name: English, Spanish, Hindi, Portuguese, French, German.
MOBILE = (
    *("mobile", "mobile number", "mobile no", "mobile phone", "cell", "cell phone", "cellphone"),
    *("cell number", "msisdn", "whatsapp", "whatsapp number", "sms number", "handphone", "mob no"),
    *("mob", "sms"),
    *("móvil", "celular", "teléfono móvil", "teléfono celular", "número de móvil", "num movil"),
    *("número de celular", "número móvil", "nro celular", "cel"),
    *("मोबाइल", "मोबाइल नंबर", "मोबाइल नम्बर", "मोबाइल संख्या", "मोबाईल", "मोबाईल नंबर", "मो. नं."),
    *("telemóvel", "celular", "número de telemóvel", "número do celular", "nº celular"),
    *("portable", "mobile", "téléphone portable", "téléphone mobile", "numéro de portable"),
    *("numéro de mobile", "n° portable", "tél portable", "gsm"),
    *("handy", "handynummer", "mobilnummer", "mobiltelefon", "mobil", "mobilfunknummer"),
    *("handynr", "handy nr", "mobilnr", "mobil nr", "mobiltelefonnummer", "mobilfunk"),
)

#: A telephone of some kind; the values decide whether it is meant.
PHONE = (
    *("phone", "phone number", "phone no", "telephone", "telephone number", "tel", "tel no"),
    *("contact number", "contact no", "number", "recipient", "recipient number", "to", "phones"),
    *("ph", "ph no"),
    *("teléfono", "número de teléfono", "tfno", "tlf", "número", "número de contacto", "tel"),
    *("contacto", "destinatario", "fono"),
    *("फ़ोन", "फ़ोन नंबर", "दूरभाष", "दूरभाष संख्या", "संपर्क नंबर", "नंबर", "संपर्क"),
    *("telefone", "número de telefone", "fone", "contato", "número", "destinatário"),
    *("téléphone", "numéro de téléphone", "numéro", "n° de téléphone", "destinataire"),
    *("telefon", "telefonnummer", "rufnummer", "nummer", "empfänger", "tel nr", "telefonnr"),
)

#: A telephone that stands still: taken only where nothing better is there.
LANDLINE = (
    *("landline", "home phone", "office phone", "work phone", "fax", "fixed line"),
    *("teléfono fijo", "fijo", "teléfono de casa", "teléfono oficina"),
    *("telefone fixo", "fixo", "téléphone fixe", "fixe", "festnetz", "festnetznummer", "लैंडलाइन"),
)

#: The country or its calling code.
COUNTRY = (
    *("country", "country code", "calling code", "dial code", "dialing code", "isd", "isd code"),
    *("country calling code", "phone code", "prefix", "phone prefix", "cc", "ctry", "nation"),
    *("iso", "iso code"),
    *("país", "código de país", "código país", "cod pais", "prefijo", "prefijo país", "indicativo"),
    *("prefijo internacional", "código del país"),
    *("देश", "देश कोड", "देश का कोड", "देश का नाम", "कंट्री कोड", "राष्ट्र"),
    *("país", "código do país", "código país", "ddi", "prefixo", "indicativo do país"),
    *("pays", "code pays", "indicatif", "indicatif pays", "préfixe", "indicatif téléphonique"),
    *("land", "ländercode", "landesvorwahl", "ländervorwahl", "vorwahl", "landeskennzahl", "staat"),
    *("länderkennung", "länderkennzahl", "länderkürzel", "internationale vorwahl"),
)

#: Names under which the vendor's numbered variables go: Var1, Variable 2, Campo 3, …
VARIABLE = ("var", "variable", "variavel", "campo", "field", "champ", "feld", "चर", "param", "v")

#: How much a wording of each kind says: a mobile column is meant before a telephone, and a
#: telephone before a landline.
NUMBER_KINDS: Kinds = ((1.0, MOBILE), (0.8, PHONE), (0.3, LANDLINE))
COUNTRY_KINDS: Kinds = ((1.0, COUNTRY),)


@lru_cache(4096)
def fold_header(header: str) -> str:
    """Give a header without case, accents, blanks and marks; Devanagari keeps its vowel signs.

    >>> fold_header(" Número_de-MÓVIL "), fold_header("मोबाइल नंबर"), fold_header("Nº Celular")
    ('numerodemovil', 'मोबाइलनंबर', 'nocelular')
    """
    apart = unicodedata.normalize("NFKD", header).casefold()
    # U+0300 to U+036F are the accents; U+093C is the dot of Devanagari that many leave out.
    bare = (c for c in apart if not ("\u0300" <= c <= "\u036f" or c == "\u093c"))
    return "".join(c for c in bare if unicodedata.category(c)[0] in "LMN")


@cache
def fold_all(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give each of some words folded, once."""
    return tuple(dict.fromkeys(fold_header(word) for word in words))


@lru_cache(4096)
def wording_score(header: str, kinds: Kinds) -> float:
    """Give how much a header's wording speaks for a part, from 0 to 1; a slip costs a tenth.

    >>> [wording_score(header, NUMBER_KINDS) for header in ("Móvil", "Phone 1 - Value", "Saldo")]
    [1.0, 0.72, 0.0]
    """
    folded = fold_header(header)
    for weight, words in kinds:
        if folded in fold_all(words):
            return weight
    # "Teléfono fijo de casa" holds a word of either kind, and is a landline.
    for weight, words in reversed(kinds):
        if _alike(folded, header, words):
            return round(weight * 0.9, 3)
    return 0.0


def _alike(folded: str, header: str, words: tuple[str, ...]) -> bool:
    """Tell whether a header holds one of the words, or is one but for a slip of the pen."""
    if len(folded) < 3:
        return False
    parts = {fold_header(part) for part in re.split(r"[\W_]+", header)}
    known = [word for word in fold_all(words) if len(word) > 3]
    near = process.extractOne(folded, known, scorer=fuzz.ratio, score_cutoff=ALIKE)
    return near is not None or not parts.isdisjoint(known)
