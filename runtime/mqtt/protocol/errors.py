"""Every way in which a broker can break MQTT 5, one class each; the docstring is the sentence.

`code` is what the broker is told in the DISCONNECT (4.13): malformed packets are 0x81, packets
that are well formed but not allowed 0x82, and some have a code of their own.
"""

from typing import ClassVar

from contract.errors import TransientError


class ProtocolViolationError(TransientError):
    """The broker does not keep to MQTT 5; the next connection may do better."""

    code: ClassVar[int] = 0x82

    def __init__(self, detail: str = "") -> None:
        """Take what is wrong where the class does not say it; never a broker's own text."""
        words = (type(self).__doc__ or "").rstrip(".")
        super().__init__(f"{words}: {detail}" if detail else words)


class MalformedPacketError(ProtocolViolationError):
    """A packet cannot be read."""

    code = 0x81


# --- The fixed header (2.1) ---------------------------------------------------------------------


class PacketTypeError(MalformedPacketError):
    """A packet is of the reserved type 0."""


class PacketFlagsError(MalformedPacketError):
    """The flags of a packet are not those that its type demands."""


class RemainingLengthError(MalformedPacketError):
    """The length of a packet takes more than four bytes, or more than it needs."""


class PacketTooLargeError(ProtocolViolationError):
    """A packet is larger than the Maximum Packet Size that we asked for."""

    code = 0x95


class UnexpectedPacketError(ProtocolViolationError):
    """A packet is not one that a broker may send us, or not now."""


# --- The fields of any packet (1.5) -------------------------------------------------------------


class TruncatedPacketError(MalformedPacketError):
    """A packet ends before its fields do."""


class TrailingBytesError(MalformedPacketError):
    """A packet goes on after its last field."""


class TextError(MalformedPacketError):
    """A text is not UTF-8, or holds the character U+0000."""


class VariableIntegerError(MalformedPacketError):
    """A variable byte integer takes more than four bytes, or more than it needs."""


class AcknowledgeFlagsError(MalformedPacketError):
    """A CONNACK has reserved flags, or a session with a refusal."""


# --- PUBLISH (3.3) ------------------------------------------------------------------------------


class QosError(MalformedPacketError):
    """A message has the QoS 3, which does not exist."""


class QosTooHighError(ProtocolViolationError):
    """A message has QoS 2, which we never subscribe to."""


class DuplicateFlagError(MalformedPacketError):
    """A message of QoS 0 says that it is sent again."""


class TopicMissingError(ProtocolViolationError):
    """A message has no topic."""


class TopicWildcardError(MalformedPacketError):
    """The topic of a message holds a wildcard."""


class TopicAliasError(ProtocolViolationError):
    """A message has a topic alias, although we offered none."""

    code = 0x94


class PacketIdMissingError(ProtocolViolationError):
    """A packet id is 0."""


class PacketIdInUseError(ProtocolViolationError):
    """A message has the packet id of one that is not acknowledged yet."""


class ReceiveMaximumError(ProtocolViolationError):
    """More messages are unacknowledged than we can bear."""

    code = 0x93


# --- Properties (2.2.2) -------------------------------------------------------------------------


class PropertyUnknownError(MalformedPacketError):
    """A property has an identifier that does not exist."""


class PropertyMisplacedError(MalformedPacketError):
    """A property has no place in a packet of this type."""


class PropertyRepeatedError(ProtocolViolationError):
    """A property that may be there once is there twice."""


class PropertyValueError(ProtocolViolationError):
    """A property has a value that it may not have."""
