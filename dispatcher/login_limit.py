"""How many wrong passwords are too many: in the database, so that it survives a restart."""

import ipaddress
from typing import Final

from dispatcher.errors import TooManyAttemptsError
from dispatcher.store import accounts as rows
from dispatcher.store.engine import Connection
from runtime import logs

FAILURES_OF_PAIR: Final = 5
"""Wrong passwords for a name from one address within the window; people mistype two or three."""
FAILURES_OF_SOURCE: Final = 20
"""Wrong passwords from one address within the window: a command centre shares its address."""
FAILURES_OF_NAME: Final = 100
"""Wrong passwords for one name from anywhere: NIST SP 800-63B allows no more in a row."""
WINDOW_MS: Final = 300_000
"""For so long a wrong password counts."""
KNOWN_MS: Final = 30 * 86_400_000
"""Where somebody has logged in lately, wrong passwords from elsewhere do not lock them out."""
IPV6_PREFIX: Final = 64
"""Whoever has one address of a network has them all (RFC 6177): it counts as one."""

_MAX_SOURCE_CHARS: Final = 64

_log = logs.get(__name__)


def check(connection: Connection, name: str, source: str, now: int) -> None:
    """Let an attempt pass.

    Raises:
        TooManyAttemptsError: of this name, from this source, or both.
    """
    since = now - WINDOW_MS
    of_pair = rows.count_attempts(connection, since, succeeded=False, name=name, source=source)
    of_source = rows.count_attempts(connection, since, succeeded=False, source=source)
    of_name = rows.count_attempts(connection, since, succeeded=False, name=name)
    if of_name >= FAILURES_OF_NAME and _is_known(connection, name, source, now):
        of_name = 0
    if (
        of_pair >= FAILURES_OF_PAIR
        or of_source >= FAILURES_OF_SOURCE
        or of_name >= FAILURES_OF_NAME
    ):
        _log.warning("login_limited", source=source)
        raise TooManyAttemptsError(WINDOW_MS // 1000)


def note(connection: Connection, name: str, source: str, now: int, *, succeeded: bool) -> None:
    """Count an attempt, and forget those that count no longer."""
    rows.prune_attempts(connection, now - WINDOW_MS, succeeded=False)
    rows.prune_attempts(connection, now - KNOWN_MS, succeeded=True)
    rows.add_attempt(connection, name=name, source=source, at=now, succeeded=succeeded)


def network(address: str) -> str:
    """Return what counts as one source."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_MAX_SOURCE_CHARS]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))


def _is_known(connection: Connection, name: str, source: str, now: int) -> bool:
    since = now - KNOWN_MS
    return rows.count_attempts(connection, since, succeeded=True, name=name, source=source) > 0
