"""Secrets that lie in files, as Docker, systemd and InfluxDB leave them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES = 64 * 1024
"""A token or password is far shorter; a larger file is the wrong file."""


def read_secret(path: "Path") -> str:
    """Return the file's text without the trailing newline.

    Raises:
        ValueError: it cannot be read, is empty, too large or not text; never naming the contents.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    if len(raw) > _MAX_BYTES:
        raise ValueError(f"{path} is larger than {_MAX_BYTES} bytes")
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8") from None
    if not text:
        raise ValueError(f"{path} is empty")
    return text
