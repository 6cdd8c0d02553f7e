"""The dead letters of all workers of one machine, each letter with a name: `1-17`."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ingest.dead_letters import FILES, DeadLetters, KeptLetter
from ingest.errors import LettersUnusableError, NoLettersFileError, NoSuchLetterError

_FILES = FILES.format("*")
_BEFORE, _, _AFTER = FILES.partition("{}")


class LetterFiles:
    """The files of one folder, by the instance of their worker."""

    def __init__(self, files: dict[str, DeadLetters]) -> None:
        self.files = files

    def newest(self, limit: int) -> list[tuple[str, KeptLetter]]:
        """Return names and letters; those that came last first."""
        found = [
            (f"{instance}-{kept.id}", kept)
            for instance, letters in self.files.items()
            for kept in letters.newest(limit)
        ]
        return sorted(found, key=lambda each: each[1].at, reverse=True)[:limit]

    def find(self, name: str) -> tuple[str, KeptLetter]:
        """Return the instance and the letter of a name.

        Raises:
            NoSuchLetterError: it is not there, or not any more.
        """
        instance, _, number = name.rpartition("-")
        letters = self.files.get(instance)
        kept = letters.find(int(number)) if letters and _is_number(number) else None
        if kept is None:
            raise NoSuchLetterError(f"there is no dead letter {name}; list shows which there are")
        return instance, kept


@contextmanager
def letter_files(folder: Path) -> Iterator[LetterFiles]:
    """Open the files of a folder, as ingest does; it may run meanwhile.

    Raises:
        NoLettersFileError: there is none.
        LettersUnusableError: one cannot be opened, read or changed.
    """
    paths = sorted(folder.glob(_FILES))
    if not paths:
        raise NoLettersFileError(
            f"there is no {_FILES} in {folder.absolute()}: name the folder where ingest keeps them"
            " by --config or GUARDIAN_STATE_DIR"
        )
    try:
        with ExitStack() as opened:
            files = {}
            for path in paths:
                letters = DeadLetters(path)
                opened.callback(letters.close)
                files[path.name.removeprefix(_BEFORE).removesuffix(_AFTER)] = letters
            yield LetterFiles(files)
    except (OSError, sqlite3.Error) as error:
        raise LettersUnusableError(f"dead letters in {folder.absolute()}: {error}") from error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(2**62))
