"""Header matching: by wording in six languages, and by what the cells hold."""

import polars as pl
import pytest

from msgframe.errors import ColumnsError, UsageError
from msgframe.recipients import check
from msgframe.recipients.headers import evidence, match

NUMBERS = ["9816111111", "9876111111", "+91 99999 99999"]
NAMES = ["Ana", "Zoé", "अमित"]


def sheet(**columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(columns)


@pytest.mark.parametrize(
    ("country", "mobile"),
    [
        ("Country", "Mobile"),
        ("COUNTRY_CODE", "mobile-number"),
        ("Calling code", "Cell Phone"),
        ("Country", "Mobil no."),
        ("Contry", "Moblie"),
        ("País", "Móvil"),
        ("PREFIJO", "Número de Teléfono Móvil"),
        ("Código de país", "Celular"),
        ("pais ", " Teléfono"),
        ("देश", "मोबाइल नंबर"),
        ("देश कोड", "फोन नंबर"),
        ("DDI", "Telemóvel"),
        ("Código do País", "Nº Celular"),
        ("Pays", "Téléphone portable"),
        ("Indicatif", "N° de portable"),
        ("Land", "Handynummer"),
        ("Ländervorwahl", "Mobilfunknummer"),
        ("Vorwahl", "Telefon"),
    ],
)
def test_wording_is_found_in_six_languages(country, mobile):
    """Case, accents, blanks, marks, and a slip of the pen do not matter."""
    typed = sheet(Nombre=NAMES, **{mobile: NUMBERS, country: ["91", "91", "91"]})

    found = match(typed)

    assert (found.country, found.mobile, found.variables) == (country, mobile, ("Nombre",))


def test_values_find_a_column_that_no_word_names():
    """Where no header says it, the column whose cells are numbers is the one."""
    assert match(sheet(A=NAMES, B=NUMBERS)).mobile == "B"


def test_values_overrule_a_header_that_they_do_not_bear_out():
    """A column called Contact may hold people; the numbers are where the numbers are."""
    assert match(sheet(Contact=NAMES, Reach=NUMBERS)).mobile == "Reach"


def test_landline_is_taken_only_where_there_is_no_mobile():
    """Of two columns of numbers the mobile one is meant."""
    both = sheet(**{"Teléfono fijo": NUMBERS, "Móvil": NUMBERS})
    alone = sheet(**{"Teléfono fijo": NUMBERS, "Nombre": NAMES})

    assert match(both).mobile == "Móvil"
    assert match(alone).mobile == "Teléfono fijo"


def test_order_numbers_do_not_pass_for_telephones():
    """Ten digits alone are weaker than ten digits under the right word."""
    orders = ["1234567890", "2345678901", "3456789012"]

    assert match(sheet(Pedido=orders, Tel=NUMBERS)).mobile == "Tel"


def test_between_equals_the_numbers_that_exist_decide():
    """Two columns of ten digits, no word for either: one of them holds mobiles."""
    orders = ["1234567890", "2234567890", "1334567890"]
    plain = ["9816111111", "9876111111", "9999999999"]

    assert match(sheet(Order=orders, X=plain, Country=["91"] * 3)).mobile == "X"


def test_two_equal_candidates_are_not_guessed():
    """Texting the wrong column is worse than asking which one."""
    with pytest.raises(ColumnsError, match=r"2 columns.*'Work contact', 'Home contact'"):
        match(sheet(**{"Work contact": NUMBERS, "Home contact": NUMBERS}))


def test_country_is_no_country_where_its_cells_deny_it():
    """A column called Land may hold areas in hectares."""
    assert match(sheet(Land=["12.5 ha", "3.1 ha", "7 ha"], Handy=NUMBERS)).country is None


def test_numbers_with_their_own_country_need_no_column():
    """A sheet of +91… and 00… is complete by itself."""
    accepted = check(sheet(Mobile=["+919816111111", "0034612345678"])).accepted

    assert accepted["country_code"].to_list() == ["91", "34"]


def test_match_can_be_said_and_is_shown():
    """The person's word beats the headers, and the evidence shows what a match rests on."""
    typed = sheet(Mobile=NUMBERS, Backup=list(reversed(NUMBERS)))

    found = match(typed, {"mobile": "Backup"})

    assert found.mobile == "Backup"
    assert found.columns == {"mobile": "Backup"}
    assert evidence(typed, found, letters={"Mobile": "A", "Backup": "B"}).select(
        "letter", "part", "values"
    ).rows() == [
        ("A", "variable", 1.0),
        ("B", "mobile", 1.0),
    ]


def test_country_column_can_be_denied():
    """`"country": ""` says that what looks like a country is none."""
    typed = sheet(Country=["91"], Mobile=["9816111111"])

    assert match(typed, {"country": ""}).variables == ("Country",)


def test_column_that_is_not_there_is_named_with_its_likeness():
    """A typing slip in `columns=` is answered with what was probably meant."""
    with pytest.raises(ColumnsError, match="Did you mean 'Mobile'"):
        match(sheet(Mobile=NUMBERS), {"mobile": "Mobil"})


def test_unknown_part_is_refused():
    """There are two parts to name; anything else is a mistake."""
    with pytest.raises(UsageError, match="takes 'mobile' and 'country', not 'phone'"):
        match(sheet(Mobile=NUMBERS), {"phone": "Mobile"})


def test_codes_that_make_the_numbers_valid_are_the_country():
    """A list without headers has its columns by letter; the country shows by what it does."""
    typed = sheet(
        A=["91", "91", "34"], B=["9816111111", "9876111111", "612345678"], C=["35", "41", "62"]
    )

    assert match(typed) == match(typed, {"mobile": "B", "country": "A"})


def test_ages_are_no_countries():
    """Two digits are a calling code only where the numbers beside them become valid by it."""
    typed = sheet(Edad=["34", "91", "44"], B=["9816111111", "9876111111", "9999999999"])

    assert match(typed).country is None


def test_numbered_variables_come_in_their_order():
    """The vendor's Var1, Var2, … are taken by number, in whatever order the sheet has them."""
    typed = sheet(Mobile=NUMBERS, **{"Var 2": NAMES, "Plan": NAMES, "VAR_1": NAMES})

    assert match(typed).variables == ("VAR_1", "Var 2", "Plan")
