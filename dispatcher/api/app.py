"""The web application, put together."""

import ipaddress
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio import CapacityLimiter
from fastapi import FastAPI, Request, Response
from msgspec import Struct
from starlette.types import Lifespan

from contract.errors import PermanentError
from dispatcher.accounts import Accounts
from dispatcher.answers import DeskEvent
from dispatcher.api import (
    console_map,
    events,
    incidents,
    login,
    panics,
    problems,
    structs,
    together,
)
from dispatcher.api.bell import Bell
from dispatcher.api.console_map import Background
from dispatcher.api.headers import BehindProxy, StrictHeaders
from dispatcher.api.limits import LimitTokens
from dispatcher.api.repeated import OnceForEachKey
from dispatcher.desk import Desk
from dispatcher.errors import StoreUnavailableError
from dispatcher.gateway import Gateway
from dispatcher.instruction_cards import Cards
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


def create_app(
    desk: Desk,
    accounts: Accounts,
    clock: Clock,
    *,
    behind_proxy: bool = False,
    background: Background | None = None,
    gateway: Gateway | None = None,
    cards: Cards | None = None,
) -> FastAPI:
    """Return the API and the console's pages; `behind_proxy` believes X-Forwarded-For and -Proto.

    `background` is what the console's map shows beside the incidents; by default Taiwan's counties.
    `gateway` takes panics as text; by default into the desk alone.

    `app.state.bell.stop()`, from any thread, ends the event streams: call it before the server is
    to end, which waits for them.
    """
    bell = Bell(desk)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        bell.start()
        yield
        bell.stop()

    app = _routed(lifespan)
    app.state.desk, app.state.accounts, app.state.clock = desk, accounts, clock
    app.state.bell, app.state.streams = bell, events.Streams()
    app.state.behind_proxy = behind_proxy
    app.state.logins = CapacityLimiter(login.LOGINS_AT_ONCE)
    app.state.cards = cards or Cards()
    app.state.background = background or Background()
    app.state.gateway = gateway or Gateway(desk, clock)
    app.add_middleware(OnceForEachKey, repeats=accounts.repeats)
    app.add_middleware(LimitTokens, clock=clock)
    app.add_middleware(StrictHeaders, tiles=app.state.background.tiles_origin)
    if behind_proxy:
        app.add_middleware(BehindProxy)
    problems.install(app)
    return app


def document() -> str:
    """Return the OpenAPI document that is checked in."""
    kinds = (
        *incidents.KINDS,
        *together.KINDS,
        *login.KINDS,
        *console_map.KINDS,
        *panics.KINDS,
        DeskEvent,
        Liveness,
        problems.Problem,
    )
    whole = structs.openapi(_routed(), kinds)
    return json.dumps(whole, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


class Liveness(Struct, frozen=True, kw_only=True):
    """Whether the incident database answers and commits; no word about anybody."""

    ok: bool


def _routed(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """Return the app with its routes and nothing behind them."""
    app = FastAPI(
        title="Guardian dispatcher",
        version=version("guardian-safety"),
        description="Incidents: what is open, what happens, and what an operator does about it.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.add_api_route("/healthz", _health, methods=["GET"], responses=structs.answers(Liveness))
    app.add_api_route("/healthz", _health, methods=["HEAD"], include_in_schema=False)
    for router in (
        incidents.router,
        together.router,
        events.router,
        console_map.router,
        panics.router,
        login.router,
    ):
        app.include_router(router)
    return app


def _health(request: Request) -> Response:
    """Say whether the dispatcher can take incidents; open to everybody."""
    desk: Desk = request.app.state.desk
    ok = not desk.alarm.is_down
    try:
        desk.last_event()
    except StoreUnavailableError:
        ok = False
    return structs.answer(Liveness(ok=ok), 200 if ok else 503)
