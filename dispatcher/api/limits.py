"""How often a program may ask: a bucket for each token. Panics and people are never limited."""

import hashlib
from collections import OrderedDict
from math import ceil
from typing import Final

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatcher.api import problems
from runtime.clock import Clock

BURST: Final = 500
"""A program that starts reads its pages at once: 100,000 incidents."""
WINDOW_S: Final = 10
"""So that in the long run a token asks fifty times a second; one core answers some hundreds."""
TOKENS: Final = 1000
"""Of more, those that have asked least lately are forgotten, and begin anew."""
_PANICS: Final = "/api/v1/panics"


class Buckets:
    """What each token has left; used in the event loop alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, token: str) -> tuple[int, float]:
        """Take one request of a token; return how many are left, and the seconds until one is.

        -1 is left when there was none.
        """
        now = self._clock.monotonic()
        left, at = self._left.pop(token, (float(BURST), now))
        left = min(float(BURST), left + (now - at) * BURST / WINDOW_S)
        passed = left >= 1
        left -= passed
        self._left[token] = left, now
        while len(self._left) > TOKENS:
            self._left.popitem(last=False)
        return (int(left) if passed else -1), max(0.0, (1 - left) * WINDOW_S / BURST)


class LimitTokens:
    """Answers 429 to a token that asks too often; says to all others how much is left."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._buckets = Buckets(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, if it may."""
        request = Request(scope) if scope["type"] == "http" else None
        authorization = request.headers.get("authorization") if request else None
        if request is None or authorization is None or request.url.path == _PANICS:
            await self._app(scope, receive, send)
            return
        token = hashlib.sha256(authorization.encode()).hexdigest()
        left, wait_s = self._buckets.take(token)
        if left < 0:
            error = problems.TooManyRequestsError(max(1, ceil(wait_s)))
            await problems.of(request, error)(scope, receive, _told(send, 0))
            return
        await self._app(scope, receive, _told(send, left))


def _told(send: Send, left: int) -> Send:
    """Add what is left (draft-ietf-httpapi-ratelimit-headers) to an answer."""

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["RateLimit-Policy"] = f'"token";q={BURST};w={WINDOW_S}'
            headers["RateLimit"] = f'"token";r={left};t={WINDOW_S}'
        await send(message)

    return tell
