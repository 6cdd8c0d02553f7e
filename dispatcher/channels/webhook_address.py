"""Where a webhook may go: an address is checked, and that address is the one connected to."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Final

from contract.errors import TransientError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

MAX_ADDRESSES: Final = 3
"""More would only make a dead receiver take longer."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4: Final = ipaddress.IPv6Network("2002::/16")


class ForbiddenAddressError(TransientError):
    """The host leads to an address that webhooks must not reach; see GUARDIAN_WEBHOOK_ALLOW."""


class UnresolvedError(TransientError):
    """The host name cannot be resolved."""


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the host's addresses.

    Raises:
        UnresolvedError: there are none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnresolvedError(f"{host}: {error}") from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def permitted(addresses: Sequence[str], allowed: Sequence[Network]) -> list[Address]:
    """Return the first of the addresses that may be connected to, in their order.

    Raises:
        ForbiddenAddressError: none may be.
    """
    parsed = [ipaddress.ip_address(each.partition("%")[0]) for each in addresses]
    good = [each for each in parsed if is_permitted(each, allowed)]
    if not good:
        raise ForbiddenAddressError(f"{', '.join(addresses)} is not permitted")
    return good[:MAX_ADDRESSES]


def is_permitted(address: Address, allowed: Sequence[Network]) -> bool:
    """Say whether webhooks may reach it: link-local never, what is not global only by `allowed`."""
    inner = _inner(address)
    if any(
        each.is_link_local or each.is_multicast or each.is_unspecified for each in (address, inner)
    ):
        return False
    return is_listed(inner, allowed) or (address.is_global and inner.is_global)


def is_listed(address: Address, allowed: Sequence[Network]) -> bool:
    """Say whether a network of the allow-list holds the address."""
    return any(address.version == each.version and address in each for each in allowed)


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries, else the address."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address
