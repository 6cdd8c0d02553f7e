"""Arrays of tables in a settings file, such as [[button]] and [[channel]], as structs."""

from pathlib import Path
from typing import Any

import msgspec

from runtime.settings.nearest import nearest
from runtime.settings.secret_file import read_secret

_FILE = "_file"


def read_tables(
    structs: tuple[type[msgspec.Struct], ...], value: Any, folder: Path
) -> tuple[msgspec.Struct, ...]:
    """Read an array of tables; a field's text may come from a file named by `<field>_file`.

    Raises:
        ValueError: saying which table, which key and what was expected.
    """
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("expected an array of tables")
    return tuple(_read(structs, table, number, folder) for number, table in enumerate(value, 1))


def _read(
    structs: tuple[type[msgspec.Struct], ...], table: dict[str, Any], number: int, folder: Path
) -> msgspec.Struct:
    kind: Any = structs[0]
    for other in structs[1:]:
        kind = kind | other
    known = {name for struct in structs for name in struct.__struct_encode_fields__}

    def path(expected: Any, text: Any) -> Any:
        if expected is Path and isinstance(text, str):
            return folder / text
        raise ValueError(f"expected {expected.__name__}")

    try:
        filled = _from_files(table, known, folder)
        read: msgspec.Struct = msgspec.convert(filled, kind, dec_hook=path)
    except (msgspec.ValidationError, ValueError) as error:
        raise ValueError(f"table {number}: {error}") from error
    _refuse_unknown(read, filled, number)
    return read


def _from_files(table: dict[str, Any], known: set[str], folder: Path) -> dict[str, Any]:
    """Replace `<field>_file` by the contents of the file."""
    filled = {}
    for key, value in table.items():
        stem = key.removesuffix(_FILE)
        if key in known or stem not in known:
            filled[key] = value
        elif stem in table:
            raise ValueError(f"{stem} and {key} are both given")
        elif not isinstance(value, str):
            raise ValueError(f"{key}: expected a path")
        else:
            filled[stem] = read_secret(folder / value)
    return filled


def _refuse_unknown(read: msgspec.Struct, table: dict[str, Any], number: int) -> None:
    config = read.__struct_config__
    known = {*read.__struct_encode_fields__, config.tag_field}
    for key in table:
        if key not in known:
            raise ValueError(f"table {number}: unknown key {key!r}{nearest(key, known)}")
