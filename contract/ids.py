"""The forms of ids, and how they are made from time and randomness that the caller hands in."""

import re

from contract.errors import InvalidIdError

# In Python `$` lets a newline pass, and JSON Schema's dialect has no \Z: both know this one.
_END = r"(?![\s\S])"
DEVICE_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}" + _END
BOOT_PATTERN = r"^[0-9a-f]{8}" + _END
UUID_PATTERN = (
    r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}" + _END
)
RESERVED_DEVICE = "dispatch"
CANARY_PREFIX = "canary-"

_DEVICE = re.compile(DEVICE_PATTERN)
_SERVICE = re.compile(r"^svc\.[a-z0-9-]+\.[a-z0-9-]+" + _END)
_UUID = re.compile(UUID_PATTERN)
_URN = "urn:uuid:"
_NO_UUID = frozenset({"0" * 32, "f" * 32})
_RANDOM_BYTES = 10
_MAX_TIME_MS = 2**48 - 1


def parse_device(text: str) -> str:
    """Return `text` when it is a device id: safe as topic level, ACL name, CN and tag value.

    Raises:
        InvalidIdError: it is not, or it is the reserved word `dispatch`.
    """
    if not _DEVICE.match(text):
        raise InvalidIdError(
            f"device id {text[:80]!r}: expected 1 to 63 of a-z 0-9 _ -, beginning with a-z or 0-9"
        )
    if text == RESERVED_DEVICE:
        raise InvalidIdError(f"device id {text!r} is reserved for Guardian itself")
    return text


def parse_service(text: str) -> str:
    """Return `text` when it is a service's name such as `svc.ingest.1` (no device id has a dot).

    Raises:
        InvalidIdError: it is not.
    """
    if not _SERVICE.match(text):
        raise InvalidIdError(f"service name {text[:80]!r}: expected svc.<service>.<instance>")
    return text


def is_canary(device: str) -> bool:
    """Say whether the device id is one of the canary's."""
    return device.startswith(CANARY_PREFIX)


def parse_uuid(text: str) -> str:
    """Return a UUID (RFC 9562, any version, with or without `urn:uuid:`) in lower case.

    Raises:
        InvalidIdError: it is none, or one of the two that stand for "no UUID" (all 0, all f).
    """
    lower = text.lower().removeprefix(_URN)
    if not _UUID.match(lower) or lower.replace("-", "") in _NO_UUID:
        raise InvalidIdError(f"UUID {text[:80]!r}: expected 8-4-4-4-12 hexadecimal digits")
    return lower


def uuid7(now_ms: int, randomness: bytes) -> str:
    """Make a UUIDv7 (RFC 9562, section 5.7) from Unix milliseconds and ten random bytes."""
    if len(randomness) != _RANDOM_BYTES or not 0 <= now_ms <= _MAX_TIME_MS:
        raise InvalidIdError("uuid7 needs ten random bytes and a time within 48 bits")
    raw = bytearray(now_ms.to_bytes(6, "big") + randomness)
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
