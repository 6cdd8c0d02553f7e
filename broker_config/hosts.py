"""Names and addresses under which a broker is reached."""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from broker_config.errors import EnrolmentError

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\Z", re.IGNORECASE)


def parse_host(text: str) -> str:
    """Return a host name in lower case, or an IP address in its usual form.

    Raises:
        EnrolmentError: it is neither.
    """
    try:
        return str(ip_address(text))
    except ValueError:
        if _NAME.match(text):
            return text.lower()
    raise EnrolmentError(f"{text[:80]!r} is neither a host name nor an IP address")


def broker_url(host: str, port: int) -> str:
    """Return the URL of a broker's listener with TLS."""
    bracketed = f"[{host}]" if ":" in host and IPv6Address(host) else host
    return f"mqtts://{bracketed}:{port}"


def parse_broker_url(text: str) -> str:
    """Return `text` when it is `mqtts://host:port`; a tracker speaks no other way.

    Raises:
        EnrolmentError: it is not.
    """
    expected = f"{text[:80]!r}: expected mqtts://host:port"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise EnrolmentError(expected) from error
    if (
        parts.scheme != "mqtts"
        or not host
        or not port
        or broker_url(parse_host(host), port) != text
    ):
        raise EnrolmentError(expected)
    return text
