"""A broker's address: what is taken, and what the operator reads when it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.mqtt.address import BrokerAddress, parse_broker
from runtime.mqtt.errors import BrokerAddressError

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
HOST = st.one_of(
    st.lists(LABEL, min_size=1, max_size=4).map(".".join),
    st.ip_addresses().map(str),
)


@given(host=HOST, port=st.integers(1, 65535), tls=st.booleans())
def test_what_is_written_is_read_back(host: str, port: int, *, tls: bool) -> None:
    address = BrokerAddress(host, port, tls)
    assert parse_broker(str(address)) == address


@given(st.text(max_size=60) | st.text(max_size=60).map("mqtts://".__add__))
def test_any_text_is_an_address_or_the_documented_error(text: str) -> None:
    try:
        address = parse_broker(text)
    except BrokerAddressError:
        return
    assert address.host
    assert 1 <= address.port <= 65535


def test_ipv6() -> None:
    address = parse_broker("mqtts://[::1]:8883")
    assert address == BrokerAddress("::1", 8883, tls=True)
    assert str(address) == "mqtts://[::1]:8883"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("broker.example:8883", "does not begin with mqtt:// or mqtts://"),
        ("https://broker.example:8883", "does not begin with mqtt:// or mqtts://"),
        ("mqtt://:1883", "names no host"),
        ("mqtt://two words:1883", "names no host"),
        ("mqtts://broker.example", "names no port: expected mqtts://host:port"),
        ("mqtts://broker.example:0", "names no port"),
        ("mqtts://broker.example:99999", "cannot be read: Port out of range"),
        ("mqtts://broker.example:x", "cannot be read"),
        ("mqtts://broker.example:8883/path", "goes on after the port"),
        ("mqtts://broker.example:8883?x=1", "goes on after the port"),
        ("mqtts://[::1:8883", "cannot be read"),
    ],
)
def test_the_error_says_what_is_wrong(url: str, words: str) -> None:
    with pytest.raises(BrokerAddressError) as error:
        parse_broker(url)
    assert words in str(error.value)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(BrokerAddressError) as error:
        parse_broker("mqtts://operator:hunter2@broker.example:8883")
    assert "do not belong" in str(error.value)
    assert "hunter2" not in str(error.value)
