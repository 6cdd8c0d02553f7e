"""Every error of the API as problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from contract.errors import DecodeError, GuardianError, InvalidIdError, TransientError
from dispatcher.api.headers import STRICT
from dispatcher.errors import (
    RefusedError,
    TooManyAttemptsError,
    UnknownCursorError,
    UnknownIncidentError,
    WrongCredentialsError,
)
from dispatcher.repeats import KeyReusedError, StillCarriedOutError
from runtime import logs

MEDIA_TYPE = "application/problem+json"
METHODS = ("GET", "HEAD", "POST")
"""All that any of our routes takes."""
RETRY_S = 1
"""How soon to try again when the database does not answer; its locks last two seconds."""

_STATUS: dict[type[GuardianError], HTTPStatus] = {
    DecodeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidIdError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusedError: HTTPStatus.CONFLICT,
    TooManyAttemptsError: HTTPStatus.TOO_MANY_REQUESTS,
    KeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    StillCarriedOutError: HTTPStatus.CONFLICT,
    UnknownCursorError: HTTPStatus.BAD_REQUEST,
    UnknownIncidentError: HTTPStatus.NOT_FOUND,
    WrongCredentialsError: HTTPStatus.UNAUTHORIZED,
    TransientError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The first that fits counts."""

_log = logs.get(__name__)


class BusyError(TransientError):
    """Too many people ask for this at once; try again."""


class TooManyRequestsError(GuardianError):
    """This token asks too often."""

    def __init__(self, retry_after_s: int) -> None:
        """Say after how many seconds to come again."""
        super().__init__("this token asks too often")
        self.retry_after_s = retry_after_s


class ForbiddenError(GuardianError):
    """You are known, but you may not do this."""


class NotLoggedInError(GuardianError):
    """Log in, or send a valid bearer token."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457; `reason`, `actor`, `at` and `incident` say more about a refusal."""

    title: str
    status: int
    detail: str
    instance: str
    type: str = "about:blank"
    field: str | None = None
    reason: str | None = None
    actor: str | None = None
    at: int | None = None
    incident: str | None = None


def install(app: FastAPI) -> None:
    """Let every error of the app be answered as problem details."""
    for kind in (*_STATUS, ForbiddenError, NotLoggedInError):
        app.add_exception_handler(kind, _guardian)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _answer(
    request: Request,
    status: HTTPStatus,
    detail: str,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    problem = Problem(
        title=status.phrase,
        status=status.value,
        detail=detail,
        instance=request.url.path,
        **more,
    )
    return Response(
        msgspec.json.encode(problem), status.value, headers=headers, media_type=MEDIA_TYPE
    )


def of(request: Request, error: GuardianError) -> Response:
    """Return the answer to an error outside of the routes, where no handler is."""
    return _guardian(request, error)


def _guardian(request: Request, error: Exception) -> Response:
    if isinstance(error, NotLoggedInError):
        headers = {"WWW-Authenticate": 'Bearer realm="guardian"'}
        return _answer(request, HTTPStatus.UNAUTHORIZED, str(error), headers)
    if isinstance(error, TooManyRequestsError):
        headers = {"Retry-After": str(error.retry_after_s)}
        return _answer(request, HTTPStatus.TOO_MANY_REQUESTS, str(error), headers)
    if isinstance(error, ForbiddenError):
        return _answer(request, HTTPStatus.FORBIDDEN, str(error))
    status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
    return _answer(request, status, _sentence(error), _headers(error), **_more(error))


def _sentence(error: Exception) -> str:
    """Return what a person may read: never a database's own words, which may hold data."""
    if isinstance(error, (BusyError, TooManyAttemptsError)):
        return str(error)
    if isinstance(error, TransientError):
        return "the incident database does not answer; try again"
    if isinstance(error, RefusedError) and error.actor:
        return f"{error} ({error.actor})"
    return str(error)


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, TooManyAttemptsError):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, (TransientError, StillCarriedOutError)):
        return {"Retry-After": str(RETRY_S)}
    return {}


def _more(error: Exception) -> dict[str, Any]:
    if isinstance(error, RefusedError):
        return {
            "reason": error.reason,
            "actor": error.actor,
            "at": error.at,
            "incident": error.incident,
        }
    if isinstance(error, DecodeError):
        return {"field": error.field}
    return {}


def _invalid(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    field = ".".join(str(part) for part in first.get("loc", ())[1:])
    return _answer(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, f"{field}: {first.get('msg')}", field=field
    )


def _http(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
    status = HTTPStatus(code)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(_allowed(request))}
    return _answer(request, status, status.description or status.phrase, headers)


def _allowed(request: Request) -> list[str]:
    """Return all methods of the path; Starlette names those of the first route alone."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


def _bug(request: Request, error: Exception) -> Response:
    _log.error("request_failed", path=request.url.path, error=type(error).__name__)
    # The strict headers by hand: this answer is given outside of every middleware.
    sentence = "a fault of ours; the log has the details"
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence, STRICT)
