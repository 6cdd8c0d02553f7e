"""One broker's statistics, as they arrive."""

from collections.abc import Callable

from broker_config.watch import statistics
from broker_config.watch.board import Board
from broker_config.watch.statistics import UnreadableStatisticError
from runtime import logs
from runtime.mqtt.link import Incoming, Link, Up

_log = logs.get(__name__)


class Session:
    """A LinkHandler. `attach` the link before it is started."""

    def __init__(
        self,
        broker: str,
        board: Board,
        *,
        on_unreadable: Callable[[], object],
        on_connected: Callable[[], object],
    ) -> None:
        """Take the broker's address, and whom to tell of bad numbers and new connections."""
        self._broker = broker
        self._board = board
        self._on_unreadable = on_unreadable
        self._on_connected = on_connected
        self._link: Link | None = None

    def attach(self, link: Link) -> None:
        """Take the link that this object is the handler of."""
        self._link = link

    def on_up(self, up: Up) -> None:
        """Begin anew."""
        self._board.up(self._broker, up.connection)
        self._on_connected()

    def on_down(self, connection: int, reason: str) -> None:
        """Forget its numbers."""
        del connection, reason
        self._board.down(self._broker)

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Do nothing: nothing is published here."""

    def on_message(self, message: Incoming) -> None:
        """Note a number, and that the broker speaks."""
        if self._link is not None:
            self._link.acknowledge(message)
        self._board.heard(self._broker)
        try:
            found = statistics.parse(message.topic, message.payload)
        except UnreadableStatisticError as error:
            self._on_unreadable()
            _log.debug("statistic_unreadable", broker=self._broker, what=str(error))
            return
        if found is not None:
            self._board.note(self._broker, *found)
