"""Logging in and out, and the console's pages."""

import mimetypes
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from contract import codec
from dispatcher.accounts import SESSION_MS
from dispatcher.api.incidents import PROBLEMS
from dispatcher.api.security import COOKIE, Known, check_origin, identify
from dispatcher.api.structs import Body, answer, answers, takes

if TYPE_CHECKING:
    from dispatcher.accounts import Accounts

OPEN_FILES = frozenset({"console.css", "icon.svg", "login.js"})
"""What the login page itself is made of; everything else needs a login."""

_FILES = {
    file.name: file.read_bytes()
    for file in files("dispatcher").joinpath("console").iterdir()
    if file.is_file()
}


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a person types to log in."""

    name: Annotated[str, msgspec.Meta(max_length=64)]
    password: Annotated[str, msgspec.Meta(max_length=256)]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in; `csrf` goes into the header X-CSRF-Token of every change."""

    user: str
    roles: tuple[str, ...]
    scopes: list[str]
    csrf: str | None


KINDS = (Credentials, Session)

router = APIRouter(tags=["login"])


@router.post("/login", status_code=204, responses=PROBLEMS, openapi_extra=takes(Credentials))
def log_in(request: Request, body: Body) -> Response:
    """Log in; the answer sets the session's cookie."""
    check_origin(request)
    credentials = codec.decode(Credentials, body)
    accounts: Accounts = request.app.state.accounts
    source = request.client.host if request.client else "unknown"
    token = accounts.log_in(credentials.name, credentials.password, source)
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE, token, SESSION_MS // 1000, secure=True, httponly=True, samesite="strict"
    )
    return response


@router.post("/logout", status_code=204, responses=PROBLEMS)
def log_out(request: Request, _known: Known) -> Response:
    """End this login."""
    accounts: Accounts = request.app.state.accounts
    accounts.log_out(request.cookies.get(COOKIE, ""))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")
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
        )
    )


@router.get("/login", include_in_schema=False)
def login_page() -> Response:
    """Return the login page."""
    return _file("login.html")


@router.get("/", include_in_schema=False)
def console(request: Request) -> Response:
    """Return the console to who is logged in, the login page to others."""
    return _file("index.html") if identify(request) else RedirectResponse("/login", 303)


@router.get("/{name}", include_in_schema=False)
async def asset(request: Request, name: str) -> Response:
    """Return one of the pages' files."""
    if name not in _FILES or name.endswith(".html"):
        raise HTTPException(404)
    if name not in OPEN_FILES and not await to_thread.run_sync(identify, request):
        raise HTTPException(401)
    return _file(name)


def _file(name: str) -> Response:
    kind, _ = mimetypes.guess_type(name)
    return Response(_FILES[name], media_type=kind)
