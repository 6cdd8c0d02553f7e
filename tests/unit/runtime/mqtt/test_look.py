import socket

import pytest

from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.look import answers_at


@pytest.fixture
def listener(socket_enabled: None) -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    return made


def test_a_broker_that_listens_answers_and_one_that_does_not_does_not(
    listener: socket.socket,
) -> None:
    address = BrokerAddress("127.0.0.1", listener.getsockname()[1], tls=True)
    with listener:
        assert not answers_at(address)
        listener.listen()
        assert answers_at(address)


def test_a_name_that_is_not_known_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> socket.socket:
        raise socket.gaierror("unknown name")

    monkeypatch.setattr("socket.create_connection", unknown)
    assert not answers_at(BrokerAddress("broker.invalid", 8883, tls=True))
