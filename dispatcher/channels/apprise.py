"""Alerts through whatever Apprise knows: SMS gateways, Telegram, LINE. The best-effort lane.

Apprise is an extra (`pip install guardian-safety[apprise]`): it is loaded when a channel asks.
"""

import importlib
import logging
from threading import Thread
from typing import Any, Final

from contract.errors import PermanentError, TransientError
from dispatcher.channels.words import words
from dispatcher.message import Message
from dispatcher.routing import Route

TOTAL_S: Final = 20.0
"""Apprise waits 4 s to connect and 4 s to read, for each of the requests that a service needs."""


class AppriseMissingError(PermanentError):
    """A channel of type apprise needs the extra: pip install 'guardian-safety[apprise]'."""


class AppriseUrlError(PermanentError):
    """Apprise does not know what the channel's url means; it is not shown, for it holds secrets."""


class NotNotifiedError(TransientError):
    """The service did not take the message in time, or Apprise could not say why not."""


class AppriseChannel:
    """Hands each message to Apprise, in a thread of its own that may hang without us."""

    def __init__(
        self, route: Route, url: str, *, full: bool = False, console_url: str | None = None
    ) -> None:
        """Take Apprise's URL, which holds the secrets of the service.

        Raises:
            AppriseMissingError: the extra is not installed.
            AppriseUrlError: the URL means nothing.
        """
        self.route = route
        self._full = full
        self._console_url = console_url
        self._service = _service(url, route.channel)
        self._busy: Thread | None = None

    def send(self, message: Message) -> None:
        """Notify, and return when the service has taken it.

        Raises:
            NotNotifiedError: it has not, or an earlier call still hangs.
        """
        if self._busy is not None and self._busy.is_alive():
            raise NotNotifiedError("an earlier message still hangs in the service")
        said = words(message, full=self._full, console_url=self._console_url)
        taken: list[bool] = []

        def notify() -> None:
            try:
                taken.append(bool(self._service.notify(title=said.title, body=said.body)))
            except Exception:  # noqa: BLE001 - a plugin's error may show the URL and its secrets
                taken.append(False)

        self._busy = Thread(target=notify, name=f"apprise-{self.route.channel}", daemon=True)
        self._busy.start()
        self._busy.join(TOTAL_S)
        if not any(taken):
            reason = "the service refused it" if taken else f"no answer within {TOTAL_S:.0f} s"
            raise NotNotifiedError(reason)


def _service(url: str, name: str) -> Any:
    try:
        library: Any = importlib.import_module("apprise")
    except ImportError as error:
        raise AppriseMissingError(f"channel {name}: install guardian-safety[apprise]") from error
    # Its log lines carry URLs, and those the tokens.
    logging.getLogger("apprise").disabled = True
    service = library.Apprise()
    if not service.add(url):
        raise AppriseUrlError(f"channel {name}: url is none that Apprise knows")
    return service
