import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.channels.webhook_address import (
    MAX_ADDRESSES,
    ForbiddenAddressError,
    is_permitted,
    permitted,
)

INSIDE = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("127.0.0.0/8"))
EVERYTHING = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_the_internet_may_be_reached(address: str) -> None:
    assert is_permitted(ipaddress.ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "::",
        "::1", "fc00::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:10.1.2.3",
        "64:ff9b::a01:203", "2002:a01:203::1", "192.0.2.1", "198.18.0.1", "240.0.0.1",
        "255.255.255.255", "224.0.0.1", "ff02::1",
    ],
)  # fmt: skip
def test_private_and_special_addresses_may_not(address: str) -> None:
    assert not is_permitted(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3"])
def test_private_ones_may_when_they_are_listed(address: str) -> None:
    assert is_permitted(ipaddress.ip_address(address), INSIDE)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::1", "224.0.0.1", "0.0.0.0"]
)  # fmt: skip
def test_link_local_ones_never_may(address: str) -> None:
    """Cloud providers hand out credentials there."""
    assert not is_permitted(ipaddress.ip_address(address), EVERYTHING)


@given(st.ip_addresses(v=4, network="169.254.0.0/16") | st.ip_addresses(v=6, network="fe80::/10"))
def test_no_allow_list_opens_link_local(address: ipaddress.IPv4Address) -> None:
    assert not is_permitted(address, EVERYTHING)


def test_of_several_addresses_only_the_permitted_ones_are_used() -> None:
    found = permitted(["169.254.169.254", "8.8.8.8", "fe80::1%eth0", "10.2.0.1"], INSIDE)
    assert [str(each) for each in found] == ["8.8.8.8"]
    assert len(permitted([f"8.8.8.{n}" for n in range(9)], ())) == MAX_ADDRESSES
    with pytest.raises(ForbiddenAddressError, match="169"):
        permitted(["169.254.169.254"], EVERYTHING)
