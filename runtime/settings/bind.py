"""Where a server listens, as it is written in the settings: host:port."""

import re
from ipaddress import ip_address

_BIND = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>[0-9]{1,5})\Z")
_LARGEST_PORT = 2**16 - 1


def split_bind(text: str) -> tuple[str, int]:
    """Return host, without brackets, and port; port 0 takes a free one.

    Raises:
        ValueError: saying what was expected.
    """
    found = _BIND.match(text)
    if found is None or int(found["port"]) > _LARGEST_PORT:
        raise ValueError("expected host:port, such as 127.0.0.1:8443 or [::]:8443")
    if found["v6"] is not None:
        _require_ipv6(found["v6"])
    return found["v6"] or found["host"], int(found["port"])


def _require_ipv6(host: str) -> None:
    try:
        is_one = ip_address(host).version == 6  # noqa: PLR2004 - the protocol's number
    except ValueError:
        is_one = False
    if not is_one:
        raise ValueError("expected an IPv6 address in the brackets, such as [::1]:8443")
