import pytest

from broker_config.errors import EnrolmentError
from broker_config.hosts import broker_url, parse_broker_url, parse_host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("broker.example.org", "broker.example.org"),
        ("Broker.Example.ORG", "broker.example.org"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8::0:7", "2001:db8::7"),
    ],
)
def test_a_host_is_a_name_or_an_address_in_its_usual_form(text: str, host: str) -> None:
    """So that the same host is not certified twice."""
    assert parse_host(text) == host


@pytest.mark.parametrize("text", ["", "a b", "a\n", "-a", "a..b", "*.example.org", "é.org", "a/b"])
def test_anything_else_is_refused(text: str) -> None:
    """A wildcard too: nobody needs it, and it would certify too much."""
    with pytest.raises(EnrolmentError, match="neither a host name nor an IP address"):
        parse_host(text)


@pytest.mark.parametrize("host", ["broker.example.org", "192.0.2.7", "2001:db8::7"])
def test_a_url_of_a_host_is_read_back(host: str) -> None:
    """Brackets around IPv6 included."""
    url = broker_url(host, 8883)
    assert parse_broker_url(url) == url


@pytest.mark.parametrize(
    "text",
    [
        "mqtt://broker:1883", "mqtts://broker", "broker:8883", "mqtts://broker:8883/path",
        "mqtts://user@broker:8883", "mqtts://broker:99999", "mqtts://:8883", "mqtts://[::1:8883",
        'mqtts://bro"ker:8883', "mqtts://broker:8883\n",
    ],
)  # fmt: skip
def test_a_tracker_is_given_no_other_kind_of_url(text: str) -> None:
    """Neither without TLS nor with anything that its settings would refuse."""
    with pytest.raises(EnrolmentError):
        parse_broker_url(text)
