"""Who asks, whether a page of ours sent it, and the headers that keep a browser strict."""

import hmac
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from dispatcher.accounts import Accounts, Identity, Scope
from dispatcher.api.problems import ForbiddenError, NotLoggedInError

COOKIE = "__Host-guardian"
"""The prefix binds the cookie to this host, to HTTPS and to the path / (RFC 6265bis)."""
CSRF_HEADER = "X-CSRF-Token"
_SAFE = ("GET", "HEAD", "OPTIONS")
_BEARER = "bearer "

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HSTS = "max-age=31536000"


def identify(request: Request) -> Identity | None:
    """Return who sends this request, by bearer token or by login; None when nobody known."""
    accounts: Accounts = request.app.state.accounts
    authorization = request.headers.get("authorization", "")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return accounts.by_token(authorization[len(_BEARER) :].strip())
    cookie = request.cookies.get(COOKIE)
    return accounts.by_session(cookie) if cookie else None


def check_origin(request: Request) -> None:
    """Refuse what a page of somebody else's sends with our user's browser.

    Raises:
        ForbiddenError: the browser says that it comes from elsewhere.
    """
    origin = request.headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if elsewhere or request.headers.get("sec-fetch-site") == "cross-site":
        raise ForbiddenError("this request comes from another site's page")


def _check_csrf(request: Request, identity: Identity) -> None:
    if identity.csrf is None or request.method in _SAFE:
        return
    check_origin(request)
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), identity.csrf.encode()):
        raise ForbiddenError(f"the header {CSRF_HEADER} is missing or wrong")


def known(request: Request) -> Identity:
    """Return who sends this request.

    Raises:
        NotLoggedInError: nobody that we know.
        ForbiddenError: it is not sent by a page of ours.
    """
    identity = identify(request)
    if identity is None:
        raise NotLoggedInError("log in, or send a valid bearer token")
    _check_csrf(request, identity)
    return identity


def _needs(scope: Scope) -> Callable[[Request], Identity]:
    def check(request: Request) -> Identity:
        identity = known(request)
        if scope not in identity.scopes:
            raise ForbiddenError(f"this needs the scope {scope}")
        return identity

    return check


Known = Annotated[Identity, Depends(known)]
Reader = Annotated[Identity, Depends(_needs("incidents:read"))]
Writer = Annotated[Identity, Depends(_needs("incidents:write"))]


class StrictHeaders:
    """Adds to every answer what keeps a browser from doing more than the page needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = _HSTS
            await send(message)

        await self._app(scope, receive, strict)
