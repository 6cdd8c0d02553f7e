"""Each violation is a sentence for the log and a code for the broker."""

import inspect

import pytest

from runtime.mqtt import reasons
from runtime.mqtt.protocol import errors
from runtime.mqtt.protocol.errors import ProtocolViolationError, UnexpectedPacketError

ALL = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, ProtocolViolationError)
]


@pytest.mark.parametrize("kind", ALL)
def test_a_sentence_and_a_code(kind: type[ProtocolViolationError]) -> None:
    """The docstring is what the operator reads."""
    assert str(kind()) == str(kind.__doc__).rstrip(".")
    assert "0x" not in reasons.code_token(kind.code), "the standard has a name for it"


def test_a_detail() -> None:
    """What the class cannot know."""
    assert str(UnexpectedPacketError("PUBREC")).endswith("may send us, or not now: PUBREC")
