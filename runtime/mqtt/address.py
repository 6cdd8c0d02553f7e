"""A broker's address, as it is written in the settings."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from runtime.mqtt.errors import BrokerAddressError

_SCHEMES = {"mqtt": False, "mqtts": True}
_NOT_IN_A_HOST = re.compile(r"[\s\x00-\x20\x7f%\\@]")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens, and whether it speaks TLS."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        scheme = "mqtts" if self.tls else "mqtt"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


def parse_broker(url: str) -> BrokerAddress:
    """Return what `mqtt://host:port` or `mqtts://host:port` names.

    Raises:
        BrokerAddressError: it is not of that form; the message never repeats a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BrokerAddressError(f"a broker's address cannot be read: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise BrokerAddressError("user name and password do not belong in a broker's address")
    if parts.scheme not in _SCHEMES:
        raise BrokerAddressError(f"{url!r} does not begin with mqtt:// or mqtts://")
    if not host or _NOT_IN_A_HOST.search(host):
        raise BrokerAddressError(f"{url!r} names no host: expected {parts.scheme}://host:port")
    if not port:
        raise BrokerAddressError(f"{url!r} names no port: expected {parts.scheme}://host:port")
    if parts.path or parts.query or parts.fragment:
        raise BrokerAddressError(f"{url!r} goes on after the port")
    return BrokerAddress(host, port, _SCHEMES[parts.scheme])
