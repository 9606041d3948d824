"""What others must know of Message Central: what fits into a request, and what a file cannot say.

Texts and numbers travel in the URL, so its bytes are counted. The vendor's own renderer fills the
templates of a file, so each row that would go by file is proven first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from urllib.parse import quote, urlencode

import polars as pl

from msgframe.core.translation import require_language, translate
from msgframe.core.vendor import RequestSizes
from msgframe.errors import SettingsError
from msgframe.message_central.uploads import CELL_UNITS
from msgframe.message_central.vocabulary import check_settings, parameters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msgframe.core.vendor import Mode


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How much one request, and one message, may hold.

    The vendor documents none of these numbers, so each is careful and each can be set.

    >>> RequestLimits(list_numbers=100).list_numbers
    100
    """

    #: Bytes of a request's whole URL, as encoded. Servers commonly refuse past 8,192.
    url_bytes: int = 8_000
    #: Bytes of the URL up to its `?`; the default leaves room for a proxy's longer name.
    url_head: int = 100
    #: Numbers in one list. A dropped connection leaves all of them in doubt at once.
    list_numbers: int = 250
    #: Rows in one uploaded file.
    file_rows: int = 50_000
    #: Own texts of one template go by file from one more than this; up to it each goes single,
    #: because a single message has an id of its own, and its receipt is matched by that.
    handful: int = 5
    #: Segments of one message; longer ones are held. Ten hold 1,530 septets of GSM-7.
    segments: int = 10
    #: Whether a row with an empty value may go by file. Nobody documents what the vendor writes
    #: for an empty cell: nothing, "null", or the placeholder itself.
    empty_cells: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), int(field.name != "handful")
            if not isinstance(value, int) or (value < least and field.name != "empty_cells"):
                raise SettingsError(
                    f"RequestLimits({field.name}={value!r}): it must be a whole number, {least} or "
                    f"more. The default is {field.default}."
                )


#: RFC 3986, section 2.3: what no encoder touches. Every other byte becomes three.
UNRESERVED = r"[A-Za-z0-9_.~-]+"

#: What comes before the numbers in every mode; a single's two names are the longer spelling.
_NAMES = "&message=&countryCode=&mobileNumber="


def encoded_bytes(text: pl.Expr) -> pl.Expr:
    """Count the bytes of a text in a URL, percent-encoded as UTF-8. UInt32, null where null.

    The count is an upper bound that holds for every encoder: one may write a blank as `+`, or
    leave a comma as it is, and is then shorter.

    >>> frame = pl.DataFrame({"text": ["Hola", "5 €", "👍", None]})
    >>> frame.select(encoded_bytes(pl.col("text")))["text"].to_list()
    [4, 13, 12, None]
    """
    # Dropping whole runs at once is faster than counting the letters of each.
    return text.str.len_bytes() + 2 * text.str.replace_all(UNRESERVED, "").str.len_bytes()


#: In a list a number is `91 9816111111, `, with at most 15 digits (E.164).
URL_SIZES = RequestSizes(
    text=encoded_bytes,
    most_per_byte=3,
    number=pl.col("country_code").str.len_bytes() + pl.col("mobile").str.len_bytes() + len("%20"),
    longest_number=15 + len("%20"),
    separator=len("%2C%20"),
    container="URL",
)

#: A placeholder as `render` writes it, and as the vendor reads it; `##var##` is the first.
PLACEHOLDER = re.compile(r"##var(\d*)##", re.IGNORECASE)

#: XML 1.0 holds no control character but tab and newline. A carriage return is read back as a
#: newline; `_x000D_` as the character that it names, by LibreOffice also `_xD_`; and U+FFFE and
#: U+FFFF are no characters.
NOT_IN_XLSX = r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]"

#: Templates that are proven, each by an expression of its own. Nobody writes more; who renders in
#: some other way, and gives each row a template of its own, does not wait for a million proofs.
MOST_TEMPLATES = 1_000


class ParsedTemplate(NamedTuple):
    """A template taken apart: literal texts, and between them the numbers of the variables."""

    literals: list[str]
    numbers: list[int]

    @property
    def width(self) -> int:
        """How many variables it needs."""
        return max(self.numbers, default=0)

    @property
    def is_plain(self) -> bool:
        """Whether every `##` is a placeholder's own, and no literal `#` touches one."""
        inner = zip(self.literals, self.literals[1:], strict=False)
        touching = any(before.endswith("#") or after.startswith("#") for before, after in inner)
        return not touching and not any("##" in literal for literal in self.literals)

    def filled(self) -> pl.Expr:
        """Put a row's `variables` into the template, as the vendor does; null where one lacks."""
        parts = [pl.lit(self.literals[0])]
        for number, literal in zip(self.numbers, self.literals[1:], strict=True):
            parts += [pl.col("variables").list.get(number - 1, null_on_oob=True), pl.lit(literal)]
        return pl.concat_str(parts)


def parse_template(template: str) -> ParsedTemplate:
    """Take a template apart.

    >>> parse_template("Hola ##Var1##: ##Var2##.")
    ParsedTemplate(literals=['Hola ', ': ', '.'], numbers=[1, 2])
    """
    parts = PLACEHOLDER.split(template)
    return ParsedTemplate(literals=parts[::2], numbers=[int(number or 1) for number in parts[1::2]])


def _unsafe(part: pl.DataFrame, limits: RequestLimits, capacity: int) -> pl.Expr:
    """Say why a row of these, which share a template, must not go by file."""
    template = part["template"][0]
    if template is None:
        return _reason("no_template")
    if len(quote(template, safe="")) > capacity:
        return _reason("template_length")
    parsed = parse_template(template)
    if not parsed.is_plain:
        return _reason("stray_marks")
    values = [pl.col("variables").list.get(n, null_on_oob=True) for n in range(parsed.width)]
    return pl.coalesce(
        _when((parsed.filled() != pl.col("text")).fill_null(value=True), "other_text"),
        _when(pl.col("variables").list.len() != parsed.width, "other_text"),
        _when(pl.col("text").str.contains("##", literal=True), "marks"),
        *(_when(broken(value), why) for broken, why in _rules(limits) for value in values),
        pl.lit(None, pl.String),
    )


def _rules(limits: RequestLimits) -> list[tuple[Callable[[pl.Expr], pl.Expr], str]]:
    """Give what a value must not be, each with its reason."""
    rules: list[tuple[Callable[[pl.Expr], pl.Expr], str]] = [
        (lambda value: value != value.str.strip_chars(), "blanks"),
        (lambda value: value.str.contains(NOT_IN_XLSX), "characters"),
        (lambda value: value.str.len_bytes() > CELL_UNITS, "long_value"),
    ]
    return rules if limits.empty_cells else [(lambda value: value == "", "empty_value"), *rules]


def _when(broken: pl.Expr, why: str) -> pl.Expr:
    return pl.when(broken).then(_reason(why, most=CELL_UNITS))


def _reason(name: str, **facts: int) -> pl.Expr:
    return pl.lit(translate(f"plan.{name}", **facts))


class MessageCentral:
    """Message Central, as `plan` knows it: text and numbers travel in the URL."""

    modes: ClassVar[tuple[Mode, ...]] = ("single", "list", "file")
    limits = RequestLimits()
    sizes: ClassVar[RequestSizes] = URL_SIZES

    def check_settings(self, **settings: object) -> dict[str, str | None]:
        """Give the settings of a campaign by their columns in a plan."""
        return check_settings(settings, verb="plan")

    def capacity(self, settings: Mapping[str, object], limits: RequestLimits) -> int:
        """Give the bytes of a URL that text and numbers may take."""
        head = urlencode(parameters_of(settings), quote_via=quote)
        return limits.url_bytes - limits.url_head - len(f"type=SMS&{head}{_NAMES}")

    def unsafe_in_file(
        self, rows: pl.DataFrame, limits: RequestLimits, *, capacity: int
    ) -> pl.Series:
        """Say why a row must not go by file; null where it may.

        Each row is proven, not trusted: its variables are put into its template once more, and
        must give its text.
        """
        rows = rows.select("template", "variables", "text").with_row_index()
        common = (
            rows.group_by("template")
            .len()
            .sort("len", "template", descending=[True, False])
            .head(MOST_TEMPLATES)
        )
        parts = rows.join(common, on="template", how="semi", nulls_equal=True).partition_by(
            "template"
        )
        rare = rows.join(common, on="template", how="anti", nulls_equal=True)
        proven = [part.select("index", unsafe=_unsafe(part, limits, capacity)) for part in parts]
        unproven = rare.select("index", unsafe=_reason("rare_template", most=MOST_TEMPLATES))
        return pl.concat([unproven, *proven]).sort("index")["unsafe"]

    def __repr__(self) -> str:
        return "MESSAGE_CENTRAL"


#: The vendor that a plan is made for unless it says another one.
MESSAGE_CENTRAL = MessageCentral()

#: Where the vendor's documentation says to write to.
TO = "operations@messagecentral.com"


def registration_email(
    url: str,
    /,
    *,
    customer_id: str | None = None,
    brand: str | None = None,
    email: str | None = None,
    language: str = "en",
) -> str:
    """Write the e-mail that registers a callback URL with the vendor, ready to send.

    Parameters
    ----------
    url
        The public URL, `https://…/callbacks/<secret>`, as the vendor will reach it.
    customer_id, brand, email
        What the vendor asks for; what is not given is left as a blank to fill in.
    language
        "en", "es", or whatever other there is.

    Raises
    ------
    UsageError
        A language that there is not.

    >>> text = registration_email(
    ...     "https://sms.example.com/callbacks/s3cret", customer_id="C-1", brand="Acme"
    ... )
    >>> print(text[: text.index("please")])
    To: operations@messagecentral.com
    Subject: SMS Callback Integration
    <BLANKLINE>
    Dear Message Central team,
    <BLANKLINE>
    """
    require_language(language, verb="registration_email")
    subject = translate("registration_email.subject", language)
    facts = {"customer_id": customer_id, "brand": brand, "email": email}
    blanks = {name: fact or "____________" for name, fact in facts.items()}
    body = translate("registration_email.body", language, url=url, **blanks)
    return f"To: {TO}\nSubject: {subject}\n\n{body}"
