"""The API and the console, served by uvicorn on a thread of its own."""

import socket
from typing import Final

import uvicorn
from fastapi import FastAPI

from contract.errors import PermanentError
from dispatcher.accounts import Accounts
from dispatcher.api.app import check_binding, create_app
from dispatcher.api.console_map import Background
from dispatcher.connections import ImpatientProtocol, Listener, most_connections
from dispatcher.desk import Desk
from dispatcher.gateway import Gateway
from dispatcher.instruction_cards import Cards
from dispatcher.settings import HttpSettings
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping

GRACE_S: Final = 3
"""How long requests may take to end when the process does."""
AGAIN_S: Final = 5.0
"""Pause before a server that has broken is started anew."""

_log = logs.get(__name__)


class HttpFilesError(PermanentError):
    """The certificate or the key of the API cannot be used; see GUARDIAN_HTTP_CERT_FILE."""


class HttpPortError(PermanentError):
    """The address of the API cannot be bound; see GUARDIAN_HTTP_BIND."""


class Web:
    """Serves, and serves anew if that breaks: no trouble here may touch the way of a panic."""

    def __init__(
        self,
        desk: Desk,
        accounts: Accounts,
        clock: Clock,
        settings: HttpSettings,
        gateway: Gateway | None = None,
    ) -> None:
        """Bind the port.

        Raises:
            InsecureBindingError: plain HTTP would be readable on the network.
            HttpFilesError: the certificate or the key cannot be used.
            HttpPortError: the port is taken.
        """
        tls = settings.http_cert_file is not None
        check_binding(settings.http_host, tls=tls, behind_proxy=settings.behind_proxy)
        self._desk = desk
        self._accounts = accounts
        self._clock = clock
        self._settings = settings
        self._gateway = gateway
        self._background = Background.of(settings)
        self._app, self._server = self._prepared()
        self._socket = self._listen(settings.http_port)
        self.port: int = self._socket.getsockname()[1]

    def run(self, stopping: Stopping) -> None:
        """Serve until `stopping`; the target of a Loop."""
        while True:
            try:
                self._server.run(sockets=[self._socket])
            except Exception:  # noqa: BLE001 - the top of the loop
                _log.exception("web_failed")
                self._desk.metrics.loop_errors.labels("web").inc()
            if stopping.is_set() or not self._anew(stopping):
                return

    def stop_with(self, stopping: Stopping) -> None:
        """Wait for `stopping`, then end the event streams and the server; the target of a Loop."""
        stopping.wait()
        self._app.state.bell.stop()
        self._server.should_exit = True

    def _anew(self, stopping: Stopping) -> bool:
        """Bind again, and prepare another server; False when the process ends meanwhile."""
        _log.error("web_ended")
        while not stopping.wait(AGAIN_S):
            try:
                self._socket = self._listen(self.port)
                self._app, self._server = self._prepared()
            except PermanentError as error:
                _log.error("web_not_started", error=str(error))
            else:
                return not stopping.is_set()
        return False

    def _listen(self, port: int) -> Listener:
        refused = self._desk.metrics.refused_connections.inc
        return Listener(_bind(self._settings.http_host, port), most_connections(), refused)

    def _prepared(self) -> tuple[FastAPI, uvicorn.Server]:
        app = create_app(
            self._desk, self._accounts, self._clock,
            behind_proxy=self._settings.behind_proxy, background=self._background,
            cards=Cards(self._settings.cards_dir),
            gateway=self._gateway,
        )  # fmt: skip
        return app, uvicorn.Server(_config(app, self._settings))


def _config(app: FastAPI, settings: HttpSettings) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ssl_certfile=settings.http_cert_file,
        ssl_keyfile=settings.http_key_file,
        proxy_headers=False,  # the app reads them: uvicorn would believe what a client has sent
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
    )
    try:
        config.load()
    except OSError as error:  # SSLError is one
        raise HttpFilesError(str(error)) from error
    return config


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise HttpPortError(f"{host}:{port}: {error}") from error
