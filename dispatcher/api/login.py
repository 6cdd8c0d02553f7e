"""Logging in and out, and the console's pages."""

from functools import partial
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from contract import codec
from dispatcher.accounts import SESSION_MS
from dispatcher.api.incidents import PROBLEMS
from dispatcher.api.problems import BusyError, NotLoggedInError
from dispatcher.api.security import (
    COOKIE,
    LOOPBACK_COOKIE,
    Known,
    check_origin,
    identify,
    on_loopback,
    session_token,
)
from dispatcher.api.structs import Body, answer, answers, takes

if TYPE_CHECKING:
    from anyio import CapacityLimiter

    from dispatcher.accounts import Accounts

LOGINS_AT_ONCE: Final = 4
"""Each hashes for 50 ms and takes 64 MB: guessing must not keep operators from their buttons."""
LOGINS_WAITING: Final = 40
"""A shift logging in within one second; the last of them waits for less than two."""
OPEN_FILES: Final = frozenset({"console.css", "icon.svg", "loading.js", "login.js"})
"""What the login page itself is made of; everything else needs a login."""
PAGE: Final = ["GET", "HEAD"]
"""Whoever watches over a site asks for its pages' headers alone."""
_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""Not what the machine's own table says: a browser runs no script of a type that is wrong."""

_FILES = {
    file.name: file.read_bytes()
    for file in files("dispatcher").joinpath("console").iterdir()
    if PurePath(file.name).suffix in _TYPES
}


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a person types to log in.

    `loopback` asks for a cookie without Secure, which plain HTTP on loopback alone is given.
    """

    name: Annotated[str, msgspec.Meta(max_length=64)]
    password: Annotated[str, msgspec.Meta(max_length=256)]
    loopback: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in, and until when; `csrf` goes into the header X-CSRF-Token of every change.

    A bearer token has neither `csrf` nor `ends_at`.
    """

    user: str
    roles: tuple[str, ...]
    scopes: list[str]
    csrf: str | None
    ends_at: int | None


KINDS = (Credentials, Session)

router = APIRouter(tags=["login"])


@router.post("/login", status_code=204, responses=PROBLEMS, openapi_extra=takes(Credentials))
async def log_in(request: Request, body: Body) -> Response:
    """Log in; the answer sets the session's cookie."""
    check_origin(request)
    credentials = codec.decode(Credentials, body)
    accounts: Accounts = request.app.state.accounts
    queue: CapacityLimiter = request.app.state.logins
    if queue.statistics().tasks_waiting >= LOGINS_WAITING:
        raise BusyError("too many people log in at once: try again")
    source = request.client.host if request.client else "unknown"
    work = partial(accounts.log_in, credentials.name, credentials.password, source)
    token = await to_thread.run_sync(work, limiter=queue)
    response = Response(status_code=204)
    plain = credentials.loopback and on_loopback(request)
    response.set_cookie(
        LOOPBACK_COOKIE if plain else COOKIE, token, SESSION_MS // 1000,
        secure=not plain, httponly=True, samesite="strict",
    )  # fmt: skip
    return response


@router.post("/logout", status_code=204, responses=PROBLEMS)
def log_out(request: Request, _known: Known) -> Response:
    """End this login."""
    accounts: Accounts = request.app.state.accounts
    accounts.log_out(session_token(request) or "")
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")
    if on_loopback(request):
        response.delete_cookie(LOOPBACK_COOKIE, httponly=True, samesite="strict")
    return response


@router.get("/api/v1/session", responses=PROBLEMS | answers(Session))
def session(identity: Known) -> Response:
    """Say who is logged in."""
    return answer(
        Session(
            user=identity.name,
            roles=identity.roles,
            scopes=sorted(identity.scopes),
            csrf=identity.csrf,
            ends_at=identity.ends_at,
        )
    )


@router.api_route("/login", methods=PAGE, include_in_schema=False)
def login_page() -> Response:
    """Return the login page."""
    return _file("login.html")


@router.api_route("/", methods=PAGE, include_in_schema=False)
def console(request: Request) -> Response:
    """Return the console to who is logged in, the login page to others."""
    return _file("index.html") if identify(request) else RedirectResponse("/login", 303)


@router.api_route("/{name}", methods=PAGE, include_in_schema=False)
async def asset(request: Request, name: str) -> Response:
    """Return one of the pages' files."""
    if name not in _FILES or name.endswith(".html"):
        raise HTTPException(404)
    if name not in OPEN_FILES and not await to_thread.run_sync(identify, request):
        raise NotLoggedInError("log in first")
    return _file(name)


def _file(name: str) -> Response:
    return Response(_FILES[name], media_type=_TYPES[PurePath(name).suffix])
