"""Who asks, and whether a page of ours sent it."""

import hmac
import ipaddress
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from dispatcher.accounts import Accounts, Identity, Scope
from dispatcher.api.problems import ForbiddenError, NotLoggedInError

COOKIE = "__Host-guardian"
"""The prefix binds the cookie to this host, to HTTPS and to the path / (RFC 6265bis)."""
LOOPBACK_COOKIE = "guardian-loopback"
"""For Safari, which keeps no Secure cookie on plain HTTP, not even on loopback as others do."""
CSRF_HEADER = "X-CSRF-Token"
_SAFE = ("GET", "HEAD", "OPTIONS")
_BEARER = "bearer "


def identify(request: Request) -> Identity | None:
    """Return who sends this request, by bearer token or by login; None when nobody known."""
    accounts: Accounts = request.app.state.accounts
    authorization = request.headers.get("authorization", "")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return accounts.by_token(authorization[len(_BEARER) :].strip())
    token = session_token(request)
    return accounts.by_session(token) if token else None


def session_token(request: Request) -> str | None:
    """Return the token of the login that the browser sends."""
    token = request.cookies.get(COOKIE)
    return request.cookies.get(LOOPBACK_COOKIE) if token is None and on_loopback(request) else token


def on_loopback(request: Request) -> bool:
    """Say whether nothing of this request has been on a network, or could have been encrypted."""
    if request.app.state.behind_proxy or request.url.scheme != "http" or not request.client:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def check_origin(request: Request) -> None:
    """Refuse what a page of somebody else's sends with our user's browser.

    Raises:
        ForbiddenError: the browser says that it comes from elsewhere.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:  # a page cannot forge it, and a proxy leaves it alone, unlike Host
        ours = site in ("same-origin", "none")
    else:
        origin = request.headers.get("origin")
        ours = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not ours:
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


def needs(scope: Scope) -> Callable[[Request], Identity]:
    """Return what lets through who has this scope."""

    def check(request: Request) -> Identity:
        identity = known(request)
        if scope not in identity.scopes:
            raise ForbiddenError(f"this needs the scope {scope}")
        return identity

    return check


Known = Annotated[Identity, Depends(known)]
Reader = Annotated[Identity, Depends(needs("incidents:read"))]
Writer = Annotated[Identity, Depends(needs("incidents:write"))]
