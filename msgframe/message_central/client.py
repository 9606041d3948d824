"""Client: the vendor's API, and the one place that knows its parameters.

`Client` holds a token and connections; `Request` is one thing to ask; `SendResult` is what came
back. Whatever goes wrong is an `ApiError` whose class says whether asking again can help.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

from msgframe.errors import NotSent, OutcomeUnknown, Rejected, SettingsError
from msgframe.message_central.requests import Request
from msgframe.message_central.responses import SendResult, is_unauthorized, read_result
from msgframe.message_central.vocabulary import STILL_LIVE, VERIFIED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx
    import polars as pl

    from msgframe.message_central.connections import ConnectionPool
    from msgframe.message_central.credentials import ClientSettings
    from msgframe.message_central.responses import HttpResponse
    from msgframe.message_central.vocabulary import FlowType, MessageSettings


class Client:
    """The vendor's API: a token, some connections, and a method for each thing it can be asked.

    Whatever is not given comes from the environment (`MSGFRAME_CUSTOMER_ID`, `MSGFRAME_PASSWORD`
    or `MSGFRAME_TOKEN`, `MSGFRAME_URL`, …) or from `.env`. Threads may share a client: each
    request has a connection to itself. The token is asked for at the first request, kept, renewed
    before its end, and once when it was refused. TLS is verified, redirects are not followed, and
    plain http is spoken only to this machine.

    Parameters
    ----------
    url
        Base URL of the API.
    customer_id, password
        The account.
    token
        A ready token from the vendor's dashboard, instead of a password.
    country, email
        Sent along with the request for a token, where the vendor wants them.
    timeout
        Seconds to wait for a connection, and for an answer.
    transport
        An `httpx.BaseTransport` to use instead of the network.

    Raises
    ------
    SettingsError
        No account is known, or the URL is not https.

    >>> import httpx
    >>> def vendor(request: httpx.Request) -> httpx.Response:
    ...     ids = {"verificationId": "1234", "transactionId": "1c9c56ec", "responseCode": "200"}
    ...     return httpx.Response(200, json={"responseCode": 200, "message": "OK", "data": ids})
    >>> with Client(token="from the dashboard", transport=httpx.MockTransport(vendor)) as client:
    ...     client.single("91", "9816111111", "hola", sender_id="UTOMOB", message_type="OTP")
    SendResult(code=200, message='OK', verification_id='1234', transaction_id='1c9c56ec',
    status=200)
    """

    def __init__(
        self,
        url: str | None = None,
        /,
        *,
        customer_id: str | None = None,
        password: str | None = None,
        token: str | None = None,
        country: str | None = None,
        email: str | None = None,
        timeout: float | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # Imported at first use: what only reads the vendor's words does not wait for httpx.
        from msgframe.message_central.connections import ConnectionPool
        from msgframe.message_central.credentials import Token, TokenCache

        settings = _settings(
            url=url,
            customer_id=customer_id,
            password=password,
            token=token,
            country=country,
            email=email,
            timeout=timeout,
        )
        # An account given here is not mixed with a token that happens to be in the environment.
        ready = None if password is not None and token is None else settings.token
        self._customer_id = settings.customer_id
        self._connections = ConnectionPool(settings.url, settings.timeout, transport)
        copied = None if ready is None else Token(ready.get_secret_value())
        self._tokens = TokenCache(copied, _token_fetcher(self._connections, settings))

    @property
    def vendor(self) -> str:
        """Who is at the other end: a host name, or "this machine", where the sandbox is."""
        return self._connections.vendor

    def authenticate(self) -> None:
        """Ask for a token now, where none is kept yet: a wrong password is known before a message.

        Raises
        ------
        AuthFailed
            The vendor does not know the account, or its password is another.
        NotSent
            The vendor could not be asked.
        """
        self._tokens.current()

    def request(self, rows: pl.DataFrame, /) -> Request:
        """Make the request that carries these rows of a plan, which share request and mode.

        Raises
        ------
        UsageError
            The rows say what the vendor would refuse.
        """
        return Request.from_rows(rows)

    def send(self, request: Request, /) -> SendResult:
        """Ask, and give the vendor's answer where it says yes.

        Raises
        ------
        NotSent
            Nothing left this machine; `Throttled` where the vendor asked to slow down.
        AuthFailed
            The account or its token is refused, a new token too.
        Rejected
            The vendor refused; `InsufficientCredit` where the account is empty.
        OutcomeUnknown
            The request may have been carried out: asking again may reach people twice.
        """
        return read_result(self._exchange(request))

    def single(
        self, country_code: str, mobile: str, message: str, **settings: Unpack[MessageSettings]
    ) -> SendResult:
        """Send one text to one person. Errors as for `send`, `UsageError` before any call."""
        return self.send(Request.single(country_code, mobile, message, **settings))

    def list(
        self,
        numbers: str | Iterable[tuple[str, str]],
        message: str,
        **settings: Unpack[MessageSettings],
    ) -> SendResult:
        """Send one text to many people, given as pairs of calling code and mobile."""
        return self.send(Request.to_list(numbers, message, **settings))

    def file(
        self, workbook: bytes | Path, message: str, **settings: Unpack[MessageSettings]
    ) -> SendResult:
        """Send each row of an xlsx workbook the text that `message` makes of its variables."""
        content = workbook.read_bytes() if isinstance(workbook, Path) else workbook
        return self.send(Request.from_file(content, message, **settings))

    def send_otp(
        self, country_code: str, mobile: str, *, flow_type: FlowType = "SMS", otp_length: int = 4
    ) -> SendResult:
        """Let the vendor make a code and send it; the answer's `verification_id` is for the check.

        Where a code for this number is still live, nothing new is sent and the answer has code 506
        and the `verification_id` of that code.

        Raises
        ------
        UsageError
            `otp_length` is not 4 to 8, or the number is not digits.
        ApiError
            As for `send`.
        """
        request = Request.otp(country_code, mobile, flow_type=flow_type, otp_length=otp_length)
        response = self._exchange(request)
        live = response.result
        if live is not None and live.code == STILL_LIVE and live.verification_id:
            return live
        return read_result(response)

    def validate_otp(
        self, verification_id: str | int, code: str, *, flow_type: FlowType = "SMS"
    ) -> SendResult:
        """Check a code: an answer means that it is right.

        Raises
        ------
        Rejected
            It is wrong (702), was used (703), has ended (705), or is not confirmed.
        ApiError
            As for `send`.
        """
        result = self.send(Request.validate(verification_id, code, flow_type=flow_type))
        status = result.raw.get("verificationStatus")
        if status != VERIFIED:
            raise Rejected(
                f"The code is not confirmed: {status!r} instead of {VERIFIED!r}.",
                code=result.code,
                status=result.status,
            )
        return result

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(self, request: Request) -> HttpResponse:
        token = self._tokens.current()
        response = self._connections.exchange(request, token)
        if not is_unauthorized(response):
            return response
        # Refused is certainly not carried out; the reason is mostly a token that has ended.
        return self._connections.exchange(request, self._tokens.renew(token))

    def __repr__(self) -> str:
        who = "None" if self._customer_id is None else f"'{self._customer_id[:3]}…'"
        return f"Client('{self._connections.url}', customer_id={who}, password='****')"


def _settings(**arguments: str | float | None) -> ClientSettings:
    from pydantic import ValidationError

    from msgframe.message_central.credentials import ClientSettings

    try:
        settings = ClientSettings(**{k: v for k, v in arguments.items() if v is not None})  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        wrong = ", ".join(f"{e['loc'][0]} ({e['msg']})" for e in error.errors())
        raise SettingsError(f"Client() cannot use: {wrong}.") from None  # it quotes the values
    if settings.token is None and (settings.customer_id is None or settings.password is None):
        raise SettingsError(
            "Client() needs an account: customer_id and password, or token. Set"
            " MSGFRAME_CUSTOMER_ID and MSGFRAME_PASSWORD in the environment or in .env."
        )
    return settings


def _token_fetcher(
    connections: ConnectionPool, settings: ClientSettings
) -> Callable[[], HttpResponse] | None:
    if settings.customer_id is None or settings.password is None:
        return None
    request = Request.token(
        settings.customer_id, settings.password, settings.country, settings.email
    )

    def fetch() -> HttpResponse:
        try:
            return connections.exchange(request, None)
        except OutcomeUnknown as error:
            # A token reaches nobody's phone: asking for it again is always safe.
            what = str(error).partition(": the texts")[0]
        raise NotSent(f"No token could be had: {what}. Nothing was sent.")

    return fetch
