"""The web application, put together."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from msgspec import Struct

from contract.errors import PermanentError
from dispatcher.accounts import Accounts
from dispatcher.answers import DeskEvent
from dispatcher.api import events, incidents, login, problems, structs
from dispatcher.api.security import StrictHeaders
from dispatcher.desk import Desk
from dispatcher.errors import StoreUnavailableError
from runtime.clock import Clock


class InsecureBindingError(PermanentError):
    """Plain HTTP would carry passwords and positions in the clear."""


def check_binding(host: str, *, tls: bool, behind_proxy: bool) -> None:
    """Refuse plain HTTP unless on loopback, or behind a proxy that speaks HTTPS.

    Raises:
        InsecureBindingError: it would be readable on the network.
    """
    if tls or behind_proxy:
        return
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InsecureBindingError(
            f"plain HTTP on {host}: set GUARDIAN_HTTP_CERT_FILE and GUARDIAN_HTTP_KEY_FILE, bind "
            "127.0.0.1, or set GUARDIAN_BEHIND_PROXY when a proxy in front speaks HTTPS"
        )


def create_app(desk: Desk, accounts: Accounts, clock: Clock) -> FastAPI:
    """Return the API and the console's pages."""
    bell = events.Bell(desk)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        bell.start()
        yield
        bell.stop()

    app = FastAPI(
        title="Guardian dispatcher",
        version=version("guardian-safety"),
        description="Incidents: what is open, what happens, and what an operator does about it.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.desk, app.state.accounts, app.state.clock, app.state.bell = (
        desk, accounts, clock, bell,
    )  # fmt: skip
    app.add_middleware(StrictHeaders)
    problems.install(app)
    app.add_api_route("/healthz", _health, methods=["GET"], responses=structs.answers(Liveness))
    app.include_router(incidents.router)
    app.include_router(events.router)
    app.include_router(login.router)
    return app


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document that is checked in."""
    kinds = (*incidents.KINDS, *login.KINDS, DeskEvent, Liveness, problems.Problem)
    return structs.openapi(app, kinds)


class Liveness(Struct, frozen=True, kw_only=True):
    """Whether the incident database answers; no word about anybody."""

    ok: bool


def _health(request: Request) -> Response:
    """Say whether the dispatcher can take incidents; open to everybody."""
    desk: Desk = request.app.state.desk
    try:
        desk.last_event()
    except StoreUnavailableError:
        return structs.answer(Liveness(ok=False), 503)
    return structs.answer(Liveness(ok=True))
