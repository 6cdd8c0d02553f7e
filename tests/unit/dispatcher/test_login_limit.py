"""What counts as one source; the limits themselves are tested through accounts and the API."""

import pytest

from dispatcher.login_limit import network


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("a socket's path", "a socket's path"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_source_is_a_network_that_one_person_may_own(address: str, source: str) -> None:
    assert network(address) == source
