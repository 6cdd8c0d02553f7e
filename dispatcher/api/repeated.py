"""`Idempotency-Key`: a POST that is repeated is answered as the first time, and done once."""

from typing import TYPE_CHECKING, Final

from anyio import to_thread
from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.errors import GuardianError
from contract.limits import MAX_PAYLOAD_BYTES
from dispatcher.api import problems
from dispatcher.api.security import identify
from dispatcher.repeats import Repeats

if TYPE_CHECKING:
    from dispatcher.store.idempotency import StoredRequest

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
MAX_KEY_CHARS: Final = 255
_PREFIX: Final = "/api/v1/"
_PANICS: Final = "/api/v1/panics"
"""A press has its own id, and nothing may stand in its way."""


class OnceForEachKey:
    """Carries a request out once for each sender and key, and keeps its answer for a day."""

    def __init__(self, app: ASGIApp, repeats: Repeats) -> None:
        self._app = app
        self._repeats = repeats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is a repetition."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        path, key = request.url.path, request.headers.get(HEADER, "")
        if not key or not path.startswith(_PREFIX) or path == _PANICS:
            await self._app(scope, receive, send)
            return
        try:
            response = await self._once(request, key, send)
        except GuardianError as error:
            response = problems.of(request, error)
        if response is not None:
            await response(scope, receive, send)

    async def _once(self, request: Request, key: str, send: Send) -> Response | None:
        """Carry it out and return None, or return the answer of the first time."""
        body = await _body(request)
        sender = await to_thread.run_sync(identify, request)
        if sender is None or len(body) > MAX_PAYLOAD_BYTES or len(key) > MAX_KEY_CHARS:
            await self._app(request.scope, _again(body), send)  # it is refused there
            return None
        whole = request.url.path.encode() + b"\n" + body
        known = await to_thread.run_sync(self._repeats.begin, sender.name, key, whole)
        if known.status is not None:
            return _replayed(known)
        answer = _Answer(send)
        try:
            await self._app(request.scope, _again(body), answer.send)
        finally:
            await to_thread.run_sync(
                self._repeats.end, known, answer.status, answer.body, answer.location
            )
        return None


class _Answer:
    """Lets an answer through and keeps it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500
        self.body = b""
        self.location: str | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = dict(message.get("headers", ()))
            location = headers.get(b"location")
            self.location = None if location is None else location.decode("latin-1")
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        await self._send(message)


async def _body(request: Request) -> bytes:
    """Return the body, or so much of it that it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_PAYLOAD_BYTES:
            break
    return body


def _again(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _replayed(known: "StoredRequest") -> Response:
    status = known.status or 0
    headers = {REPLAYED: "true"}
    if known.location is not None:
        headers["Location"] = known.location
    good = status < 400  # noqa: PLR2004 - success, as HTTP has it
    return Response(
        known.answer,
        status,
        headers=headers,
        media_type="application/json" if good else problems.MEDIA_TYPE,
    )
