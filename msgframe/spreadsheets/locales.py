"""How regions write dates and numbers: marks, names of months and days, the computer's own dates.

Source: Unicode CLDR 47 (gregorian calendar, format names), and Windows' default short dates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Region:
    """One region's way of writing, as Excel there shows it."""

    #: Names of the months and of the days, Sunday first, full and short.
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    #: Format of the computer's own short date, which files call format 14.
    date: str = "m/d/yyyy"
    #: Format of its long date, and of its time.
    long_date: str = "dddd, mmmm d, yyyy"
    time: str = "h:mm:ss AM/PM"
    #: Marks of decimals and of thousands.
    decimal: str = "."
    thousands: str = ","


def _region(names: str, **marks: str) -> Region:
    """Take names apart: a line each of months and of days, full and short."""
    months, short_months, days, short_days = map(str.split, names.strip().splitlines())
    return Region(tuple(months), tuple(short_months), tuple(days), tuple(short_days), **marks)


_COMMA = {"decimal": ",", "thousands": "."}
_EN = _region("""
    January February March April May June July August September October November December
    Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
    Sunday Monday Tuesday Wednesday Thursday Friday Saturday
    Sun Mon Tue Wed Thu Fri Sat
    """)
_ES = _region(
    """
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    ene feb mar abr may jun jul ago sep oct nov dic
    domingo lunes martes miércoles jueves viernes sábado
    dom lun mar mié jue vie sáb
    """,
    date="dd/mm/yyyy",
    long_date='dddd, d "de" mmmm "de" yyyy',
    time="h:mm:ss",
    **_COMMA,
)
_PT = _region(
    """
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
    jan fev mar abr mai jun jul ago set out nov dez
    domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado
    dom seg ter qua qui sex sáb
    """,
    date="dd/mm/yyyy",
    long_date='dddd, d "de" mmmm "de" yyyy',
    time="hh:mm:ss",
    **_COMMA,
)
_FR = _region(
    """
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.
    dimanche lundi mardi mercredi jeudi vendredi samedi
    dim. lun. mar. mer. jeu. ven. sam.
    """,
    date="dd/mm/yyyy",
    long_date="dddd d mmmm yyyy",
    time="hh:mm:ss",
    decimal=",",
    thousands="\u202f",
)
_DE = _region(
    """
    Januar Februar März April Mai Juni Juli August September Oktober November Dezember
    Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez
    Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag
    So Mo Di Mi Do Fr Sa
    """,
    date="dd.mm.yyyy",
    long_date="dddd, d. mmmm yyyy",
    time="hh:mm:ss",
    **_COMMA,
)
_HI = _region(
    """
    जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्तूबर नवंबर दिसंबर
    जन॰ फ़र॰ मार्च अप्रैल मई जून जुल॰ अग॰ सित॰ अक्तू॰ नव॰ दिस॰
    रविवार सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार
    रवि सोम मंगल बुध गुरु शुक्र शनि
    """,
    date="dd-mm-yyyy",
    long_date="d mmmm yyyy",
    time="hh:mm:ss",
)

#: Regions by the tag that `read(region=…)` takes.
REGIONS = {
    "en-US": _EN,
    "en-GB": replace(_EN, date="dd/mm/yyyy", long_date="dd mmmm yyyy", time="hh:mm:ss"),
    "en-IN": replace(_EN, date="dd-mm-yyyy", long_date="dd mmmm yyyy", time="hh:mm:ss"),
    "es-ES": _ES,
    "es-MX": replace(_ES, decimal=".", thousands=","),
    "es-CO": replace(_ES, date="d/mm/yyyy"),
    "es-AR": replace(_ES, date="d/m/yyyy"),
    "pt-BR": _PT,
    "pt-PT": _PT,
    "fr-FR": _FR,
    "de-DE": _DE,
    "hi-IN": _HI,
}

#: Languages by the low ten bits of Windows' language number (MS-LCID): `[$-40A]` is Spanish.
LANGUAGES = {0x07: _DE, 0x09: _EN, 0x0A: _ES, 0x0C: _FR, 0x16: _PT, 0x39: _HI}
