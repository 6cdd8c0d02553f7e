"""The address of a tile server, as the console's map is told it."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_EXPECTED: Final = "expected https://host/{z}/{x}/{y}.png"
_PLACES: Final = ("{z}", "{x}", "{y}")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
"""A name or an IPv4 address; a Content-Security-Policy cannot name one of IPv6."""
_LOOPBACK: Final = ("localhost", "127.0.0.1")
"""Without HTTPS a browser loads nothing from elsewhere into a page that has it."""


def check_tiles(url: str) -> None:
    """Check a tile server's URL.

    Raises:
        ValueError: saying what was expected.
    """
    parts = _split(url)
    if any(url.count(place) != 1 for place in _PLACES):
        raise ValueError(f"{_EXPECTED}, with {{z}}, {{x}} and {{y}} once each")
    if re.search(r"[{}]", re.sub(r"\{[xyz]\}", "", parts.path + parts.query)):
        raise ValueError(f"{_EXPECTED}, with no other braces; {{s}} and {{r}} are not known")
    if parts.fragment or re.search(r"[\s\x00-\x1f\"'<>\\]", url) or not url.isascii():
        raise ValueError(f"{_EXPECTED}, written as in a browser's address")


def tiles_origin(url: str) -> str:
    """Return scheme, host and port, as a Content-Security-Policy names whom it lets in."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(_EXPECTED) from None
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or parts.netloc.lower() not in (host, f"{host}:{port}"):
        raise ValueError(f"{_EXPECTED}; the host a name or an IPv4 address, without a login")
    if parts.scheme != "https" and (parts.scheme != "http" or host not in _LOOPBACK):
        raise ValueError(f"{_EXPECTED}; http only on loopback")
    return parts
