"""The ASGI application: a callback is answered once it is stored, a person here gets a page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response

from msgframe.errors import JournalError
from msgframe.receipts.receiver import pages
from msgframe.receipts.receiver.policy import is_local

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from msgframe.receipts.receiver.callback_store import CallbackStore
    from msgframe.receipts.receiver.policy import RequestPolicy

_PAGES = {b"/": pages.page, b"/health": pages.health}

_STORED = Response()
_UNSIGNED = Response(status_code=403)
_NOT_STORED = Response(status_code=503, headers={"retry-after": "5"})

#: What is refused before its body was read ends its connection.
_REFUSALS = {
    status: Response(status_code=status, headers={"connection": "close"})
    for status in (403, 404, 405, 411, 413)
}


class App:
    """Stores what is posted to the secret path; the pages are for this machine.

    A callback is answered 200 when it is on the disk, and 503 when it cannot be stored now.
    """

    def __init__(self, policy: RequestPolicy, store: CallbackStore) -> None:
        self._policy = policy
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; one that its sender breaks off needs no answer."""
        if response := await self._response(scope, receive):
            await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response | None:
        headers = dict(scope["headers"])
        if scope["raw_path"] in _PAGES and is_local(scope, headers):
            return await self._page(scope)
        if refusal := self._policy.refusal(scope, headers):
            return _REFUSALS[refusal]
        body = await self._body(receive)
        if body is None:
            return None
        if len(body) > self._policy.body_bytes:
            return _REFUSALS[413]
        if not self._policy.signature_valid(headers, body):
            return _UNSIGNED
        failure = await self._store.store(body)
        return _NOT_STORED if failure else _STORED

    async def _body(self, receive: Receive) -> bytes | None:
        """Give the body, as far as it may go; None where its sender leaves before its end."""
        body, more = bytearray(), True
        while more and len(body) <= self._policy.body_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            more = message["more_body"]
        return bytes(body)

    async def _page(self, scope: Scope) -> Response:
        if scope["method"] != "GET":
            return _REFUSALS[405]
        try:
            page, media_type = await asyncio.to_thread(_PAGES[scope["raw_path"]], self._store)
        except JournalError:
            return _NOT_STORED
        return Response(page, media_type=media_type)
