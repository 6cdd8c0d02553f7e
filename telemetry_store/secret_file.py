"""Tokens as files that their owner may read and nobody may write."""

import os
from pathlib import Path

from telemetry_store.errors import DeniedError

_FOLDER_MODE = 0o700
_FILE_MODE = 0o400


def read_token(path: Path) -> str | None:
    """Return the token in a file, None when there is no such file.

    Raises:
        DeniedError: it may not be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DeniedError(f"{path}: {error.strerror}") from error


def write_token(path: Path, token: str) -> None:
    """Write a token so that after a power cut the file is whole or not there.

    Raises:
        DeniedError: it may not be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        with open(file, "w", encoding="utf-8") as text:  # noqa: PTH123 - a file descriptor
            text.write(token + "\n")
            text.flush()
            os.fsync(file)
        draft.replace(path)
    except OSError as error:
        raise DeniedError(f"{path}: {error.strerror}") from error
