"""Make the data of the examples, the same bytes every time.

    python data/make_data.py [folder]

sample_message_now.xlsx
    The three rows of the vendor's own sample. Their numbers are placeholders of eleven digits,
    one of them twice: no check may let them through.
recipients.xlsx
    About 2,000 rows as people keep them, on a visible sheet `Clientes` behind a hidden old one:
    Country, Mobile, Var1 (first name), Var2 (balance, with a currency format), Var3 (date shown
    as dd-mmm-yyyy), Segment. Every kind of dirty number that the street knows, every reason to
    reject one, hidden and filtered rows, blank rows, copies, one number with several balances.
callbacks.jsonl
    What the sandbox calls back about the sendable rows, each sent once at noon of 2 November 2026.

All of it is **synthetic**. Numbers are drawn by a seeded generator until libphonenumber's rules
call them mobile. Americans get the 555-01xx that are set aside for stories; the others have no
such range (or libphonenumber calls it invalid), so a number may by chance be somebody's: send
these files to the sandbox only.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import phonenumbers
import polars as pl
import xlsxwriter
from phonenumbers import PhoneNumberType as Type

from msgframe.message_central.sandbox import DeliveryModel
from msgframe.message_central.sandbox.delivery_model import payloads, simulate, write_callbacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

SEED = 20261102
HEADERS = ["Country", "Mobile", "Var1", "Var2", "Var3", "Segment"]
SENT_AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
CREATED = datetime(2026, 11, 1)  # noqa: DTZ001  (a workbook's properties know no zone)

SAMPLE = [
    ("91", "12345678901", "Amit", "$35", "DISOUNT20"),
    ("91", "23456789012", "Kunal", "$60", "DISOUNT20"),
    ("91", "12345678901", "Prakash", "$35", "DISOUNT20"),
]

#: A calling code, and patterns of its mobiles: `#` is any digit, `*` one of 6 to 9.
MOBILES = {
    "91": ["*#########"],
    "34": ["6########", "7########"],
    "52": ["55########", "33########", "81########"],
    "1": ["21255501##", "30555501##", "41555501##", "51255501##", "70255501##"],
    "44": ["7400######", "7911######"],
}

#: Ways to write an Indian mobile that can be mended: country cell, mobile cell. Of a number
#: 98161 23456, `n` is the whole, `a` its first five digits, `b` its last five, `h` and `t` the
#: first three and the three behind them, `r` the rest.
MENDABLE = [
    ("91", "{n}"),
    ("91", "+91{n}"),
    ("91", "91{n}"),
    ("91", "+91 {a}-{b}"),
    ("91", "0091{n}"),
    ("91", "0091 {a} {b}"),
    ("91", "91{n}.0"),
    ("91", "{n}.0"),
    ("91", "{n}.00"),
    ("91", "9.1{n}E+11"),
    ("91", "{first}.{others}e+09"),
    ("91", "'{n}"),
    ("91", '="{n}"'),
    ("91", "(0){a} {b}"),
    ("91", "0{n}"),
    ("91", "0 {a} {b}"),
    ("91", "+91 (0) {a} {b}"),
    ("91", "+91 0{a} {b}"),
    ("91", "091{n}"),
    ("91", "91 {n}"),
    ("91", "+91 91 {n}"),
    ("91", "9191{n}"),
    ("91", "{fullwidth}"),
    ("91", "\uff0b\uff19\uff11 {a} {b}"),
    ("91", "{arabic}"),
    ("91", "{persian}"),
    ("91", "{devanagari}"),
    ("91", "{bengali}"),
    ("91", "{a}\u00a0{b}"),
    ("91", "\u202a+91\u00a0{a}\u00a0{b}\u202c"),
    ("91", "{a}\u2013{b}"),
    ("91", "\ufeff{n}"),
    ("91", "{n}\u200b"),
    ("91", "  {n}\t"),
    ("91", "{a}.{b}"),
    ("91", "{h}-{t}-{r}"),
    ("91", "(+91) {n}"),
    ("91", "Mob: {n}"),
    ("91", "tel:+91-{a}-{b}"),
    ("+91", "{n}"),
    ("0091", "{n}"),
    ("91.0", "{n}"),
    ("IN", "{n}"),
    ("", "+91{n}"),
]

#: Other countries' ways: country cell, mobile cell, the number meant. Each `#` of the cell is the
#: digit of the `#` at the same place of the number meant.
ABROAD = [
    ("34", "6## ## ## ##", "346########"),
    ("34", "346########", "346########"),
    ("34", "0034 7########", "347########"),
    ("44", "07911 ######", "447911######"),
    ("44", "+44 (0)7911 ######", "447911######"),
    ("44", "447911######", "447911######"),
    ("44", "07624 4#####", "4476244#####"),
    ("1", "(415) 555-01##", "141555501##"),
    ("1", "1-415-555-01##", "141555501##"),
    ("1", "011 1 415 555 01##", "141555501##"),
    ("1", "416-555-01##", "141655501##"),
    ("39", "347 ### ####", "39347#######"),
    ("39", "391#######", "39391#######"),
    ("52", "044 55 #### ####", "5255########"),
    ("52", "+52 1 55 #### ####", "5255########"),
    ("54", "011 15 2###-####", "549112#######"),
    ("54", "+54 9 11 2### ####", "549112#######"),
    ("55", "(011) 9####-####", "55119########"),
    ("55", "119########", "55119########"),
    ("7", "8 916 ###-##-##", "7916#######"),
    ("7", "+7 916 #######", "7916#######"),
    ("7", "8 701 ### ####", "7701#######"),
    ("36", "06 20 ### ####", "3620#######"),
    ("33", "06 ## ## ## ##", "336########"),
    ("49", "0151 ########", "49151########"),
    ("49", "0151########", "49151########"),
    ("65", "8### ####", "658#######"),
    ("971", "050 ### ####", "97150#######"),
    ("225", "07 ## ## ## ##", "22507########"),
    ("61", "04## ### ###", "614########"),
    ("61", "0011 61 4## ### ###", "614########"),
    ("880", "017##-######", "88017########"),
    ("977", "984-#######", "977984#######"),
    ("92", "030# #######", "9230########"),
]

#: What must be rejected, with the reason; `#` is any digit.
REJECTS = {
    "scientific_notation": [("91", "9.1####E+11"), ("91", "9,8####E+09")],
    "multiple_numbers": [
        ("91", "98######## / 98########"),
        ("91", "98########, 98########"),
        ("91", "98######## or 98########"),
    ],
    "too_long": [("91", "12345678901"), ("91", "23456789012"), ("39", "0347 #######")],
    "too_short": [("91", "98#######"), ("1", "555-01##")],
    "not_mobile": [
        ("91", "5816######"),
        ("91", "1234567890"),
        ("91", "1800######"),
        ("91", "011########"),
        ("34", "912######"),
        ("44", "020 7946 0###"),
        ("1", "800-555-01##"),
        ("39", "+39 06 1234 ####"),
    ],
    "invalid_number": [("91", "5016######"), ("91", "0000000000")],
    "country_mismatch": [("91", "+141555501##")],
    "letters": [("91", "98###ABCDE")],
    "empty": [("91", ""), ("91", "N/A"), ("91", "0")],
    "negative_number": [("91", "-98########")],
    "no_country": [("999", "98########")],
}

#: Other scripts' zeros; nine digits follow each.
ZEROS = {
    "fullwidth": "\uff10",
    "arabic": "\u0660",
    "persian": "\u06f0",
    "devanagari": "\u0966",
    "bengali": "\u09e6",
}

NAMES = [
    *("Amit", "Kunal", "Prakash", "Priya", "Ananya", "Rohan", "Divya", "Arjun", "Meera", "Ishaan"),
    *("María", "José", "Íñigo", "Lucía", "Begoña", "Ramón", "Zoë", "François", "Łukasz", "Nguyễn"),
    *(
        "Ana 🌸",
        "Dev 👍🏽",
        "अमित",
        "ਗੁਰਪ੍ਰੀਤ",
        "பிரியா",
        "O'Brien",
        "Jean-Luc",
        " Sofía ",
        "AÑA",
        "d’Arcy",
    ),
]

#: Oddities that must stay text and harmless, wherever they are shown; the one that looks like a
#: place of the template is not to be sent at all.
ODD_NAMES = ["=1+1", "+SUM(A1:A9)", "<b>Eva</b>", "@Raj", "##Var2##", "Ana\nMaría", '"Lola"']

SEGMENTS = ["Oro", "Plata", "Bronce"]

#: Calling code: number format of the balance, and the same in Python, for the texts.
MONEY = {
    "91": ('"₹"#,##0.00', "₹{:,.2f}"),
    "34": ('#,##0.00 "€"', "{:,.2f} €"),
    "52": ('"$"#,##0.00', "${:,.2f}"),
    "1": ('"$"#,##0.00', "${:,.2f}"),
    "44": ("[$£-809]#,##0.00", "£{:,.2f}"),
}
INDIAN = "[$₹-4009]#,##0.00"


@dataclass(frozen=True)
class Row:
    """One row of the messy sheet, and what should become of it."""

    country: str
    mobile: str | int
    name: str = ""
    balance: float | str = 0.0
    due: date | str = ""
    segment: str = "Oro"
    #: The number that is meant, or None.
    msisdn: str | None = None
    #: Why it must be rejected, or None.
    reason: str | None = None
    hidden: bool = False


def rows(seed: int = SEED) -> list[Row | None]:
    """Give the rows of the messy sheet, in order; None is a blank one."""
    dice = Random(seed)
    people = [_person(row, dice) for row in _numbers(dice)]
    # The first ones are clean, so that each odd name reaches the end of the street, twice.
    odd = ODD_NAMES * 2
    people[: len(odd)] = [replace(row, name=name) for row, name in zip(people, odd, strict=False)]
    people += _copies([row for row in people if row.msisdn], dice)
    dice.shuffle(people)
    return list(_with_blanks(_with_hidden(people, dice), dice))


def main(folder: Path) -> None:
    """Write the three files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = rows()
    _write_sample(folder / "sample_message_now.xlsx")
    _write_recipients(made, folder / "recipients.xlsx")
    write_callbacks(_callbacks(made), folder / "callbacks.jsonl")


def _numbers(dice: Random) -> Iterator[Row]:
    """Give country and number of each row, clean ones first."""
    for code, how_many in {"91": 1230, "34": 70, "52": 60, "1": 60, "44": 40}.items():
        for number in range(how_many):
            yield _clean(code, number, dice)
    for country, form in MENDABLE * 4:
        mobile = _mobile("91", dice)
        yield Row(country, _write(form, mobile), msisdn="91" + mobile)
    for country, form, meant in ABROAD * 2:
        yield _abroad(country, form, meant, dice)
    for reason, forms in REJECTS.items():
        for turn in range(20):
            country, form = forms[turn % len(forms)]
            yield Row(country, _rejected(country, form, reason, dice), reason=reason)


def _clean(code: str, number: int, dice: Random) -> Row:
    """Give a number that is right, in one of the ways in which spreadsheets keep it."""
    mobile = _mobile(code, dice)
    cell: str | int = int(mobile) if number % 5 == 1 else mobile
    if number % 25 == 7:
        cell = int(code + mobile)
    country = "" if code == "91" and number % 50 == 13 else code
    return Row(country, cell, msisdn=code + mobile)


def _abroad(country: str, form: str, meant: str, dice: Random) -> Row:
    while True:
        digits = [str(dice.randrange(10)) for _ in range(meant.count("#"))]
        full = _put(meant, digits)
        if _type(full) in {Type.MOBILE, Type.FIXED_LINE_OR_MOBILE}:
            return Row(country, _put(form, digits), msisdn=full)


def _rejected(country: str, form: str, reason: str, dice: Random) -> str:
    """Fill a form until libphonenumber agrees with the reason, where it has an opinion."""
    while True:
        cell = _put(form, [str(dice.randrange(10)) for _ in range(form.count("#"))])
        if reason not in {"not_mobile", "invalid_number"}:
            return cell
        valid = _type(cell if cell.startswith("+") else _national(country, cell))
        if (valid == Type.UNKNOWN) == (reason == "invalid_number"):
            return cell


def _national(country: str, cell: str) -> str:
    digits = "".join(filter(str.isdigit, cell))
    return country + (digits if country == "39" else digits.removeprefix("0"))


def _person(row: Row, dice: Random) -> Row:
    """Give a row the rest of its cells."""
    name = dice.choice(NAMES)
    balance: float | str = round(dice.lognormvariate(7, 1.2), 2)
    due: date | str = date(2026, 11, 1) + timedelta(days=dice.randrange(120))
    if dice.random() < 0.03:  # somebody typed what others let Excel format
        balance, due = _money(row, balance), f"{due:%d-%b-%Y}"
    blank = dice.random() < 0.01
    segment = dice.choice(SEGMENTS)
    return replace(row, name="" if blank else name, balance=balance, due=due, segment=segment)


def _copies(good: list[Row], dice: Random) -> Iterator[Row]:
    """Say some rows twice, word for word, and give some numbers a second balance."""
    yield from dice.sample(good, 12)
    for row in dice.sample(good, 10):
        yield replace(row, name=dice.choice(NAMES), balance=round(dice.uniform(1, 900), 2))


def _with_hidden(people: list[Row], dice: Random) -> list[Row]:
    """Hide some rows by hand, and some by the filter on the segment, as those who left."""
    places = dice.sample([at for at, row in enumerate(people) if row.msisdn], 11)
    for number, at in enumerate(places):
        left = {"segment": "Baja"} if number < 5 else {}
        people[at] = replace(people[at], hidden=True, **left)
    return people


def _with_blanks(people: list[Row], dice: Random) -> Iterator[Row | None]:
    """Leave a row blank here and there, twice two in a row."""
    blank = dice.sample(range(20, len(people)), 12)
    for at, row in enumerate(people):
        yield from [None] * (blank.count(at) * (2 if at in blank[:2] else 1))
        yield row


def _mobile(code: str, dice: Random) -> str:
    """Draw a national number that libphonenumber calls mobile."""
    while True:
        pattern = dice.choice(MOBILES[code]).replace("*", str(dice.randrange(6, 10)))
        drawn = _put(pattern, [str(dice.randrange(10)) for _ in range(pattern.count("#"))])
        if _type(code + drawn) in {Type.MOBILE, Type.FIXED_LINE_OR_MOBILE}:
            return drawn


def _put(pattern: str, digits: list[str]) -> str:
    left = iter(digits)
    return "".join(next(left) if char == "#" else char for char in pattern)


def _type(number: str) -> int:
    return int(phonenumbers.number_type(phonenumbers.parse("+" + number.removeprefix("+"))))


def _write(form: str, mobile: str) -> str:
    """Write an Indian mobile in one of the forms of `MENDABLE`."""
    scripts = {
        script: "".join(chr(ord(zero) + int(digit)) for digit in mobile)
        for script, zero in ZEROS.items()
    }
    return form.format(
        n=mobile,
        a=mobile[:5],
        b=mobile[5:],
        h=mobile[:3],
        t=mobile[3:6],
        r=mobile[6:],
        first=mobile[0],
        others=mobile[1:],
        **scripts,
    )


def _money(row: Row, amount: float) -> str:
    return MONEY.get(row.country, MONEY["91"])[1].format(amount)


def _write_sample(path: Path) -> None:
    with _workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        for number, cells in enumerate([HEADERS[:5], *SAMPLE]):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell)


def _write_recipients(made: list[Row | None], path: Path) -> None:
    with _workbook(path) as book:
        _write_old(book.add_worksheet("Clientes 2019"))
        sheet = book.add_worksheet("Clientes")
        sheet.activate()
        sheet.set_first_sheet()
        bold = book.add_format({"bold": True})
        for column, title in enumerate(HEADERS):
            sheet.write_string(0, column, title, bold)
        sheet.set_column(0, 5, 16)
        sheet.autofilter(0, 0, len(made), 5)
        sheet.filter_column(5, "x != Baja")
        formats = _formats(book)
        for number, row in enumerate(made, start=1):
            if row is not None:
                _write_row(sheet, number, row, formats)


def _write_old(sheet: Worksheet) -> None:
    """Write the list of years ago that somebody hid instead of deleting it."""
    for number, cells in enumerate([HEADERS[:3], ["91", "9800000000", "Viejo"]]):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, cell)
    sheet.hide()


def _formats(book: Workbook) -> dict[str, Format]:
    shown = {code: money for code, (money, _) in MONEY.items()}
    shown |= {"indian": INDIAN, "digits": "0", "date": "dd-mmm-yyyy"}
    return {name: book.add_format({"num_format": form}) for name, form in shown.items()}


def _write_row(sheet: Worksheet, number: int, row: Row, formats: dict[str, Format]) -> None:
    """Write a row as a person's Excel has it: some codes and numbers are numbers, some text."""
    if row.country.isdigit() and number % 3 == 0:
        sheet.write_number(number, 0, int(row.country))
    else:
        sheet.write_string(number, 0, row.country)
    if isinstance(row.mobile, int):
        sheet.write_number(number, 1, row.mobile, formats["digits"])
    else:
        sheet.write_string(number, 1, row.mobile)
    sheet.write_string(number, 2, row.name)
    if isinstance(row.balance, float):
        money = "indian" if row.country == "91" and number % 4 == 0 else row.country
        sheet.write_number(number, 3, row.balance, formats.get(money, formats["91"]))
        sheet.write_datetime(number, 4, row.due, formats["date"])
    else:
        sheet.write_string(number, 3, row.balance)
        sheet.write_string(number, 4, row.due)
    sheet.write_string(number, 5, row.segment)
    if row.hidden:
        sheet.set_row(number, None, None, {"hidden": True})


def _workbook(path: Path) -> Workbook:
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": CREATED, "author": "data/make_data.py"})
    return book


def _callbacks(made: list[Row | None]) -> pl.DataFrame:
    """Give what the vendor calls back when each sendable row was sent once, in one file."""
    good = (row for row in made if row and row.msisdn and not row.hidden and "##" not in row.name)
    sent = {(row.msisdn, _text(row)) for row in good}
    numbers, texts = zip(*sorted(sent), strict=True)
    messages = pl.DataFrame({"mobile": numbers, "text": texts}).with_row_index("message")
    return (
        messages.with_columns(
            position="message",
            mode=pl.lit("file"),
            country_code=pl.lit(""),
            occurrence=pl.lit(0, dtype=pl.UInt32),
            received_at=pl.lit(SENT_AT, dtype=pl.Datetime("us", "UTC")),
            transaction_id=pl.lit(None, dtype=pl.String),
            verification_id=pl.lit(None, dtype=pl.String),
        )
        .pipe(simulate, DeliveryModel(), seed=SEED)
        .pipe(payloads, zone="Asia/Kolkata")
    )


def _text(row: Row) -> str:
    balance = _money(row, row.balance) if isinstance(row.balance, float) else row.balance
    due = f"{row.due:%d-%b-%Y}" if isinstance(row.due, date) else row.due
    return f"Hola {row.name}, tu saldo es {balance} en la fecha {due}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
