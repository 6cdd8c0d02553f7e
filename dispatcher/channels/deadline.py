"""An end to an exchange that takes too long, however slowly the other side goes on talking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from threading import Timer


@contextmanager
def deadline(seconds: float, sock: Callable[[], socket | None]) -> Iterator[None]:
    """Shut the socket down `seconds` from now; whoever waits on it then gets an OSError or an end.

    A time-out of the socket only bounds each wait: a byte a second would keep it for hours.
    """

    def abort() -> None:
        found = sock()
        if found is not None:
            with suppress(OSError):
                found.shutdown(SHUT_RDWR)

    timer = Timer(seconds, abort)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
