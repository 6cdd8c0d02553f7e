"""Arrays of tables in a settings file, such as [[button]] and [[channel]], as structs."""

from pathlib import Path
from typing import Any

import msgspec

from runtime.settings.nearest import nearest
from runtime.settings.secret_file import read_secret

_FILE = "_file"


class TableError(ValueError):
    """Tables are wrong; a sentence for each problem, naming table and key."""

    def __init__(self, problems: list[str]) -> None:
        """Take one sentence for each problem."""
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def read_tables(
    structs: tuple[type[msgspec.Struct], ...], value: Any, folder: Path
) -> tuple[msgspec.Struct, ...]:
    """Read an array of tables; a field's text may come from a file named by `<field>_file`.

    A struct refuses what its types cannot by a `__post_init__` that raises ValueError.

    Raises:
        TableError: every problem of every table: which table, which key and what was expected.
    """
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise TableError(["expected an array of tables"])
    read: list[msgspec.Struct] = []
    problems: list[str] = []
    for number, table in enumerate(value, 1):
        try:
            read.append(_read(structs, table, folder))
        except TableError as error:
            problems += [f"table {number}: {problem}" for problem in error.problems]
    if problems:
        raise TableError(problems)
    return tuple(read)


def _read(
    structs: tuple[type[msgspec.Struct], ...], table: dict[str, Any], folder: Path
) -> msgspec.Struct:
    struct = _struct(structs, table)
    fields = {each.encode_name: each for each in msgspec.structs.fields(struct)}
    filled, problems = _from_files(table, set(fields), folder)
    tag = struct.__struct_config__.tag_field
    for key in filled.keys() - fields.keys() - {tag}:
        problems.append(f"unknown key {key!r}{nearest(key, [*fields, tag])}")
    missing = [each for key, each in fields.items() if each.required and key not in filled]
    for field in missing:
        if f"{field.encode_name}{_FILE}" not in table:
            problems.append(f"{field.encode_name}: is required")
    for key in filled.keys() & fields.keys():
        try:
            _convert(filled[key], fields[key].type, folder)
        except ValueError as error:
            problems.append(f"{key}: {_said(error)}")
    if problems:
        raise TableError(sorted(problems))
    try:
        made: msgspec.Struct = _convert(filled, struct, folder)
    except ValueError as error:
        raise TableError(str(error).splitlines()) from None
    return made


def _struct(
    structs: tuple[type[msgspec.Struct], ...], table: dict[str, Any]
) -> type[msgspec.Struct]:
    """Return the struct that the table's tag names, or the only one."""
    field = structs[0].__struct_config__.tag_field
    if field is None:
        return structs[0]
    by_tag = {str(each.__struct_config__.tag): each for each in structs}
    if table.get(field) not in by_tag:
        given = f"{table[field]!r} is none; " if field in table else ""
        raise TableError([f"{field}: {given}expected one of {', '.join(by_tag)}"])
    return by_tag[str(table[field])]


def _convert(value: Any, kind: Any, folder: Path) -> Any:
    def path(expected: Any, text: Any) -> Any:
        if expected is Path and isinstance(text, str):
            return folder / text
        raise ValueError("expected a path" if expected is Path else f"expected {expected}")

    return msgspec.convert(value, kind, dec_hook=path)


def _said(error: ValueError) -> str:
    """Return what a library's error says, without a path that names nothing."""
    return str(error).removesuffix(" - at `$`")


def _from_files(
    table: dict[str, Any], known: set[str], folder: Path
) -> tuple[dict[str, Any], list[str]]:
    """Replace `<field>_file` by the contents of the file; return what cannot be, too."""
    filled: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in table.items():
        stem = key.removesuffix(_FILE)
        if key in known or stem not in known or stem == key:
            filled[key] = value
        elif stem in table:
            problems.append(f"{stem} and {key} are both given")
        elif not isinstance(value, str):
            problems.append(f"{key}: expected a path")
        else:
            try:
                filled[stem] = read_secret(folder / value)
            except ValueError as error:
                problems.append(f"{key}: {error}")
    return filled, problems
