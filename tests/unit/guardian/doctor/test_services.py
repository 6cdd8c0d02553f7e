"""Where a service is asked whether it is well."""

import pytest

from guardian.doctor.services import _address


@pytest.mark.parametrize(
    ("bind", "asked"),
    [
        ("127.0.0.1:9101", "127.0.0.1:9101"),
        ("0.0.0.0:8443", "127.0.0.1:8443"),
        ("[::]:8443", "[::1]:8443"),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("guardian.example.org:8443", "guardian.example.org:8443"),
    ],
)
def test_whoever_listens_everywhere_is_asked_at_home(bind: str, asked: str) -> None:
    assert _address(bind) == asked
