"""The vendor's HTTP: its paths, how it reads a request, how a fault looks, and the web server.

The server can refuse connections for a while and take them again.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from msgframe.core.web_server import WebServer
from msgframe.errors import SettingsError
from msgframe.message_central.sandbox.api import UNAUTHORIZED, ApiRequest, ApiResponse
from msgframe.message_central.vocabulary import ENDPOINTS, FILE_PART, TOKEN_HEADER

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from starlette.types import Receive, Scope, Send

    from msgframe.message_central.sandbox import Sandbox
    from msgframe.message_central.sandbox.faults import Fault
    from msgframe.message_central.vocabulary import Operation

#: Method and operation by path, without its trailing slash. The second half is an older generation
#: of the same API, which public clients still call.
ROUTES: dict[str, tuple[str, Operation]] = {
    **{path: (method, operation) for operation, (method, path) in ENDPOINTS.items()},
    "/verification/v2/verification/send": ("POST", "send"),
    "/verification/v2/verification/validateOtp": ("GET", "validate"),
}

#: The first parts of the paths that the vendor's gateway knows; it answers 503 to others.
ROOTS = ("/auth/", "/verification/")

#: Above any workbook that a careful client uploads.
MAX_BYTES = 128 * 1024 * 1024

_GATEWAY = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


class SandboxServer(WebServer):
    """The sandbox on one address, which it holds from the beginning to the end.

    The address is held by a socket that never listens, so that nobody else can get it while
    connections are refused.
    """

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        self._holder = _bound(host, port)
        self.host, self.port = self._holder.getsockname()[:2]
        super().__init__(
            Gateway(sandbox, self),
            name="msgframe-sandbox",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run_in_foreground(self) -> None:
        """Serve in this thread until Ctrl-C."""
        with self._holder, suppress(KeyboardInterrupt):
            self.run(sockets=[self._listening()])

    @contextmanager
    def run_in_background(self) -> Iterator[None]:
        """Serve in a thread of its own while the block runs."""
        with self._holder, self.running(self._listening()):
            yield

    def refuse_connections_for(self, seconds: float) -> None:
        """Refuse connections for a while, beginning with the end of this request."""
        task = self.loop.create_task(self._refuse_and_accept(seconds))
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    @contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """Refuse connections while the block runs, and end those that are idle."""
        self._in_loop(self.refuse())
        try:
            yield
        finally:
            self._in_loop(self.accept(self._listening()))

    def _listening(self) -> socket.socket:
        listener = _bound(self.host, self.port)
        listener.listen(2048)
        return listener

    async def _refuse_and_accept(self, seconds: float) -> None:
        await self.refuse()
        await self.pause(seconds)
        if not self._closing.is_set():
            await self.accept(self._listening())

    def _in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=10)


class Gateway:
    """The ASGI application: one call in, one answer or one accident out."""

    def __init__(self, sandbox: Sandbox, server: SandboxServer) -> None:
        self._sandbox = sandbox
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        path = request.url.path
        if path == "/" and request.method in {"GET", "HEAD"} and is_local(request):
            page = await run_in_threadpool(_page, self._sandbox, request)
            await page(scope, receive, send)
            return
        if too_much := self._too_much(request):
            await too_much(scope, receive, send)
            return
        method, operation = ROUTES.get(path.rstrip("/"), ("", "send"))
        if method != request.method:
            known = path.startswith(ROOTS)
            await _plain(UNAUTHORIZED if known else ApiResponse(503))(scope, receive, send)
            return
        call = await _read(request, operation)
        handle = self._sandbox.handler.handle
        # Of all calls only a workbook takes long enough to be worth a thread.
        answer, fault = await run_in_threadpool(handle, call) if call.file else handle(call)
        if fault is None:
            await _plain(answer)(scope, receive, send)
        else:
            await self._send_fault(fault, answer, scope, receive, send)

    def _too_much(self, request: Request) -> Response | None:
        """Give the answer to a URL or a body that is too large, which the vendor never sees."""
        url = len(request.scope["raw_path"]) + len(request.scope["query_string"])
        if url > self._sandbox.max_url_bytes:
            return HTMLResponse(_GATEWAY.format("414 URI Too Long"), 414)
        if int(request.headers.get("content-length", 0)) > MAX_BYTES:
            return HTMLResponse(_GATEWAY.format("413 Content Too Large"), 413)
        return None

    async def _send_fault(
        self, fault: Fault, answer: ApiResponse, scope: Scope, receive: Receive, send: Send
    ) -> None:
        match fault.kind:
            case "reset_before" | "reset_after":
                await _reset(send)
                return
            case "truncated":
                await _truncate(_plain(answer), send)
                return
            case "slow":
                await self._server.pause(fault.seconds)
                response = _plain(answer)
            case "throttle":
                response = Response(status_code=429, headers={"Retry-After": f"{fault.seconds:g}"})
            case "bad_gateway":
                response = HTMLResponse(_GATEWAY.format("502 Bad Gateway"), 502)
            case "html":
                response = HTMLResponse(_GATEWAY.format("Scheduled maintenance"))
            case "no_data":
                response = _plain(replace(answer, body={**(answer.body or {}), "data": None}))
            case "null":
                response = JSONResponse(None)
            case _:
                response = _plain(answer)
        await response(scope, receive, send)
        if fault.kind == "refuse":
            self._server.refuse_connections_for(fault.seconds)


async def _read(request: Request, operation: Operation) -> ApiRequest:
    """Take a request's parameters out of its query and its form, whatever body it has."""
    params = dict(request.query_params)
    token = request.headers.get(TOKEN_HEADER.decode())
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        fields, file = await _form(request)
        return ApiRequest(operation, {**fields, **params}, file, token)
    body = (await request.body()).strip()
    json_body_ignored = kind == "application/json" and body not in {b"", b"{}", b"null"}
    return ApiRequest(operation, params, token=token, json_body_ignored=json_body_ignored)


async def _form(request: Request) -> tuple[dict[str, str], bytes | None]:
    """Read a form; one that is no form (an empty body, no boundary) holds nothing."""
    try:
        async with request.form() as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            file = form.get(FILE_PART)
            return fields, await file.read() if isinstance(file, UploadFile) else None
    except (MultiPartException, HTTPException, KeyError, ValueError):
        return {}, None


def _page(sandbox: Sandbox, request: Request) -> Response:
    # Whatever a text smuggles into the page, it may load and run nothing.
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    if "live" in request.query_params:
        headers["Refresh"] = "2"
    return HTMLResponse(sandbox.page, headers=headers)


def _plain(answer: ApiResponse) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status)
    return JSONResponse(answer.body, answer.status)


def is_local(request: Request) -> bool:
    """Tell whether it is this very machine that asks: the page is shown to nobody else."""
    return request.client is not None and request.client.host in {"127.0.0.1", "::1"}


async def _reset(send: Send) -> None:
    """Break the connection with a reset, as a gateway that falls over does."""
    transport = _transport(send)
    linger = struct.pack("ii", 1, 0)  # on, for no time: closing sends RST instead of FIN
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    await asyncio.sleep(0)  # let uvicorn learn of it, before it finds that nothing was answered


async def _truncate(whole: Response, send: Send) -> None:
    """Promise a whole body, send half of it, and hang up."""
    half = bytes(whole.body[: len(whole.body) // 2])
    await send(
        {"type": "http.response.start", "status": whole.status_code, "headers": whole.raw_headers}
    )
    await send({"type": "http.response.body", "body": half, "more_body": True})
    _transport(send).close()
    await asyncio.sleep(0)


def _transport(send: Send) -> Any:
    """Give the connection under a response: uvicorn's `send` is a method of what owns it."""
    return send.__self__.transport  # type: ignore[attr-defined]


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, since asyncio only then turns Nagle's delay (40 ms an answer) off.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as taken:
        bound.close()
        raise SettingsError(
            f"The sandbox cannot listen on {host}:{port}: {taken.strerror or taken}. "
            "Take another port, or port=0 for any free one."
        ) from taken
    return bound
