import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.settings.bind import split_bind


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9101", "127.0.0.1", 9101),
        ("0.0.0.0:0", "0.0.0.0", 0),
        ("[::1]:65535", "::1", 65535),
        ("metrics.internal:80", "metrics.internal", 80),
    ],
)
def test_host_and_port_are_parted(text: str, host: str, port: int) -> None:
    assert split_bind(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["9101", ":9101", "127.0.0.1:", "127.0.0.1:99999", "::1:9101", "[a]:1", "[127.0.0.1]:1", "h:٣"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected .*\[::1?\]:8443"):
        split_bind(text)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        host, port = split_bind(text)
    except ValueError:
        return
    assert host
    assert 0 <= port < 2**16
