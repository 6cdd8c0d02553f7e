"""Messages to bytes and back. JSON in UTF-8; any bytes give a message or a DecodeError."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from contract.errors import DecodeError, EncodeError
from contract.limits import MAX_PAYLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Hashable

T = TypeVar("T")

_PATH = re.compile(r" - at `\$?\.?(?P<path>[^`]*)`\Z")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]*)`")
_QUOTED_VALUE = re.compile(r"(?<=enum value) .*", re.DOTALL)  # whatever the device put there
_encoder = msgspec.json.Encoder()


def encode(message: object) -> bytes:
    """Return the message's payload.

    Raises:
        EncodeError: it would be larger than the contract allows, or has text that is not Unicode.
    """
    try:
        payload = _encoder.encode(message)
    except UnicodeEncodeError as error:
        raise EncodeError(f"{type(message).__name__}: {error.reason}") from error
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise EncodeError(
            f"{type(message).__name__} of {len(payload)} bytes; at most {MAX_PAYLOAD_BYTES}"
        )
    return payload


def decode(kind: type[T], payload: bytes) -> T:
    """Read a payload as a message of `kind`; unknown fields are ignored, the last of a name counts.

    Whole numbers are written without a fraction: 5.0 is refused where an integer is expected.

    Raises:
        DecodeError: naming the field that is missing or wrong, or `payload`.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise DecodeError("payload", f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES}")
    try:
        message: T = _decoder(cast("Hashable", kind)).decode(payload)
    except msgspec.ValidationError as error:
        raise _named(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("payload", f"not JSON in UTF-8: {error}") from error
    return message


def decode_each(kind: type[T], payload: bytes) -> list[T | DecodeError]:
    """Read a payload as a list; one bad element costs that element alone.

    Raises:
        DecodeError: the payload is no list.
    """
    results: list[T | DecodeError] = []
    for index, element in enumerate(elements(payload)):
        try:
            results.append(decode(kind, element))
        except DecodeError as error:
            results.append(DecodeError(f"[{index}].{error.field}", error.reason))
    return results


def elements(payload: bytes) -> list[bytes]:
    """Return the payloads of a list's elements, unread.

    Raises:
        DecodeError: the payload is no list.
    """
    return [bytes(raw) for raw in decode(list[msgspec.Raw], payload)]


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _named(error: msgspec.ValidationError) -> DecodeError:
    """Turn msgspec's sentence into the field's path and the reason."""
    text = str(error)
    at = _PATH.search(text)
    path = at["path"] if at else ""
    missing = _MISSING.search(text)
    if missing:
        path = f"{path}.{missing['field']}".lstrip(".")
    return DecodeError(path or "payload", _QUOTED_VALUE.sub("", _PATH.sub("", text)))
