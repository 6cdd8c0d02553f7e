"""The dispatcher's MQTT sessions, each at every broker that is configured."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from dispatcher.broker_links import BrokerLinks
from dispatcher.metrics import Metrics
from dispatcher.settings import DispatcherSettings
from runtime.clock import Clock
from runtime.mqtt.backoff import SERVICE_LONGEST_S
from runtime.mqtt.interface import LinkHandler, LinkSettings
from runtime.mqtt.link import Link

KEEPALIVE_S: Final = 5
"""A press must not wait for us to notice a dead connection: at most ten seconds."""
SESSION_EXPIRY_S: Final = 86_400
"""How long a broker keeps panics for a dispatcher that is away; trackers repeat them anyway."""
RECEIVE_MAXIMUM: Final = 1000
"""Messages that a broker may send ahead of their acknowledgement."""
LINK_WITHIN_S: Final = 90.0
"""How long a link's thread may be silent: an attempt to connect takes thirty seconds."""


class Sessions:
    """Makes them, starts and stops them, and knows which brokers they are at.

    `beat` is a watchdog's; `within` says, after the last `add`, in how many seconds each of its
    loops must come round.
    """

    def __init__(
        self,
        settings: DispatcherSettings,
        clock: Clock,
        metrics: Metrics,
        beat: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._beat = beat
        self._all: dict[str, BrokerLinks] = {}
        self.within: dict[str, float] = {}

    def add(
        self,
        name: str,
        handler: LinkHandler,
        subscriptions: tuple[str, ...] = (),
        *,
        suffix: str = "",
        clean: bool = False,
    ) -> BrokerLinks:
        """Make a session; `suffix` follows the client id, `clean` keeps nothing while we are away.

        It is a client of its own: what floods one fills the queue of no other.
        """

        def link(place: int, broker: str, door: LinkHandler) -> Link:
            loop = f"mqtt-{name}-{place + 1}"
            self.within[loop] = LINK_WITHIN_S
            return Link(
                _link_settings(self._settings, broker, suffix, clean=clean),
                door,
                subscriptions=subscriptions,
                beat=partial(self._beat, loop),
                clock=self._clock,
            )

        made = self._all[name] = BrokerLinks(self._settings.brokers, handler, link, self._clock)
        for broker in self._settings.brokers:
            up = self._metrics.broker_up.labels(name, broker)
            up.set_function(partial(made.is_connected, broker))
        return made

    def start(self) -> None:
        """Begin to connect."""
        for each in self._all.values():
            each.start()

    def stop(self) -> None:
        """Take leave everywhere at once: a broker that hangs holds up no other."""
        with ThreadPoolExecutor(max(1, len(self._all))) as pool:
            list(pool.map(BrokerLinks.stop, self._all.values()))

    def problems(self) -> list[str]:
        """Name the sessions that no broker has; one of several is enough to hear a press."""
        return [f"no broker for {name}" for name, each in self._all.items() if not each.connection]

    def brokers_down(self) -> int:
        """Count the brokers that some session is not connected to."""
        sessions = self._all.values()
        return sum(
            not all(each.is_connected(broker) for each in sessions)
            for broker in self._settings.brokers
        )


def _link_settings(
    settings: DispatcherSettings, broker: str, suffix: str, *, clean: bool
) -> LinkSettings:
    return LinkSettings(
        brokers=(broker,),
        client_id=settings.client_id + suffix,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password=settings.password,
        keepalive_s=KEEPALIVE_S,
        session_expiry_s=0 if clean else SESSION_EXPIRY_S,
        clean_start=clean,
        receive_maximum=RECEIVE_MAXIMUM,
        send_buffer=None,
        longest_pause_s=SERVICE_LONGEST_S,
    )
