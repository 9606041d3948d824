"""What the vendor can be asked: one `Request` for each thing, its parameters spelled as it wants.

Making a request asks nobody: what cannot be right is refused here, before any call.
"""

from __future__ import annotations

import shlex
from base64 import b64encode
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlencode

import polars as pl

from msgframe.core.masking import mask_text
from msgframe.errors import UsageError
from msgframe.message_central import settings, uploads
from msgframe.message_central.vocabulary import (
    ENDPOINTS,
    FILE_PART,
    FLOW_TYPES,
    MESSAGE_TYPES,
    OTP_LENGTHS,
    PARAMETERS,
    TOKEN_HEADER,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import SecretStr

    from msgframe.message_central.settings import FlowType

Mode: TypeAlias = Literal["single", "list", "file", "otp", "validate", "token"]

#: Parameters that nobody may see: the password in Base64, and a code that opens an account.
_SECRET = frozenset({"key", "code"})


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request as the vendor spells it, without the token; its repr tells nobody's number.

    >>> Request.single("91", "9816111111", "hola", sender_id="UTOMOB", message_type="TRANSACTION")
    Request('single', recipients=1, characters=4)
    """

    #: What is asked, which decides method and path.
    mode: Mode
    #: The parameters of the query, in the vendor's spelling.
    params: Mapping[str, str]
    #: The workbook of file mode, xlsx.
    file: bytes | None = field(default=None)
    #: How many people it reaches; None where the file alone knows.
    recipients: int | None = 1

    @classmethod
    def single(cls, country_code: str, mobile: str, message: str, **how: str | None) -> Request:
        """Ask to send one text to one person; `how` is as for `to_list`."""
        number = {
            "country_code": _digits(country_code, "country_code"),
            "mobile": _digits(mobile, "mobile"),
        }
        return cls("single", _text(number, message, how))

    @classmethod
    def to_list(
        cls, numbers: str | Iterable[tuple[str, str]], message: str, **how: str | None
    ) -> Request:
        """Ask to send one text to many people.

        Parameters
        ----------
        numbers
            Pairs of calling code and mobile, or one line in the vendor's spelling:
            `91 9816111111, 91 7715131105`.
        message
            The text.
        how
            `sender_id`, `message_type` (no default: the vendor's own is OTP), `flow_type`,
            and `template_id` with `entity_id`, both or neither.

        Raises
        ------
        UsageError
            Anything that the vendor would refuse, before it is asked.

        >>> Request.to_list(
        ...     [("91", "9816111111")], "hola", sender_id="UTOMOB", message_type="OTP"
        ... ).params["phoneNumbers"]
        '91 9816111111'
        """
        line = numbers if isinstance(numbers, str) else _line(numbers)
        if not line.strip(" ,"):
            raise UsageError("A list needs one number at least; it has none.")
        people = sum(1 for part in line.split(",") if part.strip())
        return cls("list", _text({"numbers": line}, message, how), recipients=people)

    @classmethod
    def from_file(
        cls, workbook: bytes, message: str, *, recipients: int | None = None, **how: str | None
    ) -> Request:
        """Ask to send a text of its own to each row of a workbook; `how` is as for `to_list`."""
        if not workbook.startswith(b"PK"):
            raise UsageError("The file must be an .xlsx workbook, and this is not one.")
        return cls("file", _text({}, message, how), file=workbook, recipients=recipients)

    @classmethod
    def from_rows(cls, rows: pl.DataFrame) -> Request:
        """Make the request that carries these rows of a plan, which share request and mode."""
        first = rows.row(0, named=True)
        how = {name: first[name] for name in settings.PARAMETERS}
        match first["mode"]:
            case "single":
                return cls.single(first["country_code"], first["mobile"], first["text"], **how)
            case "list":
                return cls.to_list(_entries(rows), first["text"], **how)
            case _:
                people = rows.select("country_code", "mobile", "variables")
                file = uploads.workbook(people)
                return cls.from_file(file, first["template"], recipients=rows.height, **how)

    @classmethod
    def otp(
        cls, country_code: str, mobile: str, *, flow_type: FlowType = "SMS", otp_length: int = 4
    ) -> Request:
        """Ask the vendor to make a code and send it."""
        if otp_length not in OTP_LENGTHS:
            raise UsageError(
                f"otp_length is {OTP_LENGTHS[0]} to {OTP_LENGTHS[-1]}, not {otp_length}."
            )
        return cls(
            "otp",
            _params(
                type="OTP",
                flow_type=_one_of(flow_type, FLOW_TYPES, "flow_type"),
                country_code=_digits(country_code, "country_code"),
                mobile=_digits(mobile, "mobile"),
                otp_length=str(otp_length),
            ),
        )

    @classmethod
    def validate(
        cls, verification_id: str | int, code: str, *, flow_type: FlowType = "SMS"
    ) -> Request:
        """Ask whether a code is the one that was sent."""
        return cls(
            "validate",
            _params(
                verification_id=_digits(str(verification_id), "verification_id"),
                code=_filled(code, "code"),
                flow_type=_one_of(flow_type, FLOW_TYPES, "flow_type"),
            ),
        )

    @classmethod
    def token(
        cls, customer_id: str, password: SecretStr, country: str | None, email: str | None
    ) -> Request:
        """Ask for a token; the password travels in Base64."""
        key = b64encode(password.get_secret_value().encode()).decode()
        return cls(
            "token",
            _params(customer_id=customer_id, key=key, scope="NEW", country=country, email=email),
        )

    @property
    def _endpoint(self) -> tuple[str, str]:
        return ENDPOINTS[self.mode if self.mode in {"token", "validate"} else "send"]

    @property
    def method(self) -> str:
        """GET or POST."""
        return self._endpoint[0]

    @property
    def target(self) -> str:
        """Path and query, percent-encoded as UTF-8, a blank as %20."""
        # The names are letters alone; quoting them too would take as long as quoting the values.
        query = "&".join(f"{name}={quote(text, safe='')}" for name, text in self.params.items())
        return f"{self._endpoint[1]}?{query}"

    def as_curl(self, url: str = "https://cpaas.messagecentral.com") -> str:
        """Give the request as a curl command, to show to the vendor's support: secrets masked.

        >>> print(Request.validate(1234, "4711").as_curl("http://127.0.0.1:8025"))
        curl -X GET 'http://127.0.0.1:8025/verification/v3/validateOtp?verificationId=1234&code=****&flowType=SMS'
            -H 'authToken: ****'
        """
        shown = {name: "****" if name in _SECRET else text for name, text in self.params.items()}
        query = urlencode(shown, quote_via=quote, safe="*")
        address = f"{url.rstrip('/')}{self._endpoint[1]}?{query}"
        header = "accept: */*" if self.mode == "token" else f"{TOKEN_HEADER.decode()}: ****"
        command = f"curl -X {self.method} {shlex.quote(address)} -H {shlex.quote(header)}"
        return command if self.file is None else f"{command} -F '{FILE_PART}=@recipients.xlsx'"

    def __repr__(self) -> str:
        facts = {
            "recipients": self.recipients if self.mode in {"single", "list", "file"} else None,
            "characters": len(self.params["message"]) if "message" in self.params else None,
            "bytes": None if self.file is None else len(self.file),
        }
        shown = [f"{name}={value}" for name, value in facts.items() if value is not None]
        return f"Request({', '.join([repr(self.mode), *shown])})"


def _text(number: dict[str, str], message: str, how: dict[str, str | None]) -> Mapping[str, str]:
    unknown = how.keys() - settings.PARAMETERS.keys()
    if unknown:
        raise TypeError(f"unexpected argument {min(unknown)!r}")
    template_id, entity_id = how.get("template_id"), how.get("entity_id")
    if (template_id is None) != (entity_id is None):
        raise UsageError("template_id and entity_id go together: give both, or neither.")
    return _params(
        type="SMS",
        flow_type=_one_of(how.get("flow_type", "SMS"), FLOW_TYPES, "flow_type"),
        sender_id=_filled(how.get("sender_id"), "sender_id"),
        message_type=_one_of(how.get("message_type"), MESSAGE_TYPES, "message_type"),
        template_id=template_id,
        entity_id=entity_id,
        **number,
        message=_filled(message, "message"),
    )


def _params(**values: str | None) -> Mapping[str, str]:
    """Give what has a value by the vendor's names, in this order."""
    return MappingProxyType({PARAMETERS[k]: v for k, v in values.items() if v is not None})


def _line(numbers: Iterable[tuple[str, str]]) -> str:
    return ", ".join(
        f"{_digits(country_code, 'country_code')} {_digits(mobile, 'mobile')}"
        for country_code, mobile in numbers
    )


def _entries(rows: pl.DataFrame) -> str:
    number = pl.concat_str("country_code", "mobile", separator=" ")
    return str(rows.select(number.str.join(", ")).item())


def _digits(text: str, name: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(
            f"{name} is digits alone, without +, blanks or signs; not {mask_text(text)!r}."
        )
    return text


def _filled(text: str | None, name: str) -> str:
    if text is None or not text.strip():
        raise UsageError(f"{name} must be given: the vendor refuses a request without it.")
    return text


def _one_of(value: str | None, choices: tuple[str, ...], name: str) -> str:
    if value not in choices:
        raise UsageError(f"{name} is one of {', '.join(choices)}; not {value!r}.")
    return value
