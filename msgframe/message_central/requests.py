"""What the vendor can be asked: one `Request` for each thing, its parameters spelled as it wants.

Making a request asks nobody: what cannot be right is refused here, before any call.
"""

from __future__ import annotations

import shlex
from base64 import b64encode
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, Unpack
from urllib.parse import quote, urlencode

import polars as pl

from msgframe.core.masking import mask_text
from msgframe.errors import UsageError
from msgframe.frames import require_choice
from msgframe.message_central import uploads
from msgframe.message_central.vocabulary import (
    ALL_PARAMETERS,
    CHOICES,
    ENDPOINTS,
    FILE_PART,
    OTP_LENGTHS,
    PARAMETERS,
    TOKEN_HEADER,
    check_settings,
    require_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import SecretStr

    from msgframe.message_central.vocabulary import FlowType, MessageSettings

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
    def single(
        cls, country_code: str, mobile: str, message: str, **settings: Unpack[MessageSettings]
    ) -> Request:
        """Ask to send one text to one person; `settings` are as for `to_list`."""
        number = _number(country_code, mobile)
        return cls("single", _text("single", number, message, settings))

    @classmethod
    def to_list(
        cls,
        numbers: str | Iterable[tuple[str, str]],
        message: str,
        **settings: Unpack[MessageSettings],
    ) -> Request:
        """Ask to send one text to many people.

        Parameters
        ----------
        numbers
            Pairs of calling code and mobile, or one line in the vendor's spelling:
            `91 9816111111, 91 7715131105`.
        message
            The text.
        **settings
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
        if not isinstance(numbers, str):
            numbers = ", ".join(" ".join(_number(*person).values()) for person in numbers)
        if not numbers.strip(" ,"):
            raise UsageError("A list needs one number at least; it has none.")
        people = sum(1 for part in numbers.split(",") if part.strip())
        return cls(
            "list", _text("list", {"numbers": numbers}, message, settings), recipients=people
        )

    @classmethod
    def from_file(
        cls,
        workbook: bytes,
        message: str,
        *,
        recipients: int | None = None,
        **settings: Unpack[MessageSettings],
    ) -> Request:
        """Ask to send a text of its own to each row of a workbook; `settings` as for `to_list`."""
        if not workbook.startswith(b"PK"):
            raise UsageError("The file must be an .xlsx workbook, and this is not one.")
        return cls(
            "file", _text("file", {}, message, settings), file=workbook, recipients=recipients
        )

    @classmethod
    def from_rows(cls, rows: pl.DataFrame) -> Request:
        """Make the request that carries these rows of a plan, which share request and mode."""
        first = rows.row(0, named=True)
        how: MessageSettings = {name: first[name] for name in PARAMETERS}  # type: ignore[assignment]  # checked below
        match first["mode"]:
            case "single":
                return cls.single(first["country_code"], first["mobile"], first["text"], **how)
            case "list":
                number = pl.concat_str("country_code", "mobile", separator=" ")
                numbers = rows.select(number.str.join(", ")).item()
                return cls.to_list(numbers, first["text"], **how)
            case _:
                people = rows.select("country_code", "mobile", "variables")
                file = uploads.upload_file(people)
                return cls.from_file(file, first["template"], recipients=rows.height, **how)

    @classmethod
    def otp(
        cls, country_code: str, mobile: str, *, flow_type: FlowType = "SMS", otp_length: int = 4
    ) -> Request:
        """Ask the vendor to make a code and send it."""
        require_choice(flow_type, CHOICES["flow_type"], name="flow_type", verb="otp")
        if otp_length not in OTP_LENGTHS:
            least, most = OTP_LENGTHS[0], OTP_LENGTHS[-1]
            raise UsageError(f"otp_length is {least} to {most}, not {otp_length}.")
        number = _number(country_code, mobile)
        params = _params(type="OTP", flow_type=flow_type, **number, otp_length=str(otp_length))
        return cls("otp", params)

    @classmethod
    def validate(
        cls, verification_id: str | int, code: str, *, flow_type: FlowType = "SMS"
    ) -> Request:
        """Ask whether a code is the one that was sent."""
        require_choice(flow_type, CHOICES["flow_type"], name="flow_type", verb="validate")
        if not isinstance(code, str) or not code.strip():
            # Not shown as it was given: it may be right, and opens an account.
            raise UsageError("validate(code=…) must be text with something in it.")
        number = _digits(str(verification_id), "verification_id")
        return cls("validate", _params(verification_id=number, code=code, flow_type=flow_type))

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


def _text(
    verb: Mode, number: dict[str, str], message: str, settings: MessageSettings
) -> Mapping[str, str]:
    checked = check_settings(settings, verb=verb)
    require_text(message, name="message", verb=verb)
    return _params(type="SMS", **checked, **number, message=message)


def _number(country_code: str, mobile: str) -> dict[str, str]:
    return {
        "country_code": _digits(country_code, "country_code"),
        "mobile": _digits(mobile, "mobile"),
    }


def _params(**values: str | None) -> Mapping[str, str]:
    """Give what has a value by the vendor's names, in this order."""
    return MappingProxyType({ALL_PARAMETERS[k]: v for k, v in values.items() if v is not None})


def _digits(text: str, name: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(
            f"{name} is digits alone, without +, blanks or signs; not {mask_text(text)!r}."
        )
    return text
