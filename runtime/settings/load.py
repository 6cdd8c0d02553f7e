"""Environment and TOML file to a settings value, with every problem reported at once."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from runtime.settings.declare import FILE_SUFFIX, Declared, SettingsError, declared
from runtime.settings.nearest import nearest
from runtime.settings.secret_file import read_secret
from runtime.settings.tables import TableError, read_tables
from runtime.settings.values import from_text, from_toml, table_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")

_ABSENT: Any = object()
_SHOWN_CHARS = 80


def load(
    settings_type: type[T],
    *,
    environ: "Mapping[str, str]",
    config: Path | None = None,
    shared: "Sequence[type[Any]]" = (),
) -> T:
    """Fill `settings_type` from `environ`, then from the TOML file `config`, then from defaults.

    A file may serve several processes: the keys of the `shared` types are let pass.

    Raises:
        SettingsError: naming each variable or key, its value (never a secret's), what was expected.
    """
    settings = declared(settings_type)
    problems: list[str] = []
    table = _read_file(config)
    problems += _unknown_keys(table, config, [settings, *map(declared, shared)])
    values: dict[str, Any] = {}
    for each in settings:
        try:
            value = _read(each, environ, table, config)
        except _ProblemError as problem:
            problems += problem.problems
        else:
            if value is not _ABSENT:
                values[each.name] = value
    if problems:
        raise SettingsError(problems)
    try:
        return settings_type(**values)
    except ValueError as error:
        raise SettingsError([str(error)]) from error


class _ProblemError(Exception):
    """One setting is missing or wrong; tables may have several problems."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems


def _read_file(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{config}: cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{config}: is not TOML: {error}"]) from error


def _unknown_keys(
    table: dict[str, Any], config: Path | None, groups: list[list[Declared]]
) -> list[str]:
    known = {each.key for group in groups for each in group}
    known |= {f"{each.key}_file" for group in groups for each in group if each.secret}
    return [
        f"{key} in {config}: unknown key{nearest(key, known)}" for key in table if key not in known
    ]


def _read(
    each: Declared, environ: "Mapping[str, str]", table: dict[str, Any], config: Path | None
) -> Any:
    """Return the first value found: variable, its file, key, its file; or `_ABSENT`."""
    value = _from_environment(each, environ)
    if value is _ABSENT:
        value = _from_table(each, table, config)
    if value is _ABSENT and each.required:
        raise _ProblemError(f"{each.variable}: is required{f': {each.help}' if each.help else ''}")
    return value


def _from_environment(each: Declared, environ: "Mapping[str, str]") -> Any:
    file_variable = each.variable + FILE_SUFFIX
    text = environ.get(each.variable, "")
    file = environ.get(file_variable, "") if each.secret else ""
    if text and file:
        raise _ProblemError(f"{each.variable} and {file_variable} are both set")
    if file:
        return _checked(each, file_variable, _secret(file_variable, Path(file)))
    if not text:
        return _ABSENT
    if table_types(each.type):
        raise _ProblemError(f"{each.variable}: only a TOML file can say this ([[{each.key}]])")
    return _checked(each, each.variable, text)


def _from_table(each: Declared, table: dict[str, Any], config: Path | None) -> Any:
    file_key = f"{each.key}_file"
    folder = config.parent if config else Path()
    where = f"{each.key} in {config}"
    if each.secret and file_key in table:
        if each.key in table:
            raise _ProblemError(f"{each.key} and {file_key} in {config} are both given")
        if not isinstance(table[file_key], str):
            raise _ProblemError(f"{file_key} in {config}: expected a path")
        where = f"{file_key} in {config}"
        return _checked(each, where, _secret(where, folder / table[file_key]))
    if each.key not in table:
        return _ABSENT
    return _checked(each, where, table[each.key], folder)


def _secret(where: str, path: Path) -> str:
    try:
        return read_secret(path)
    except ValueError as error:
        raise _ProblemError(f"{where}: {error}") from error


def _checked(each: Declared, where: str, value: Any, folder: Path | None = None) -> Any:
    """Convert and check; `folder` is None when the value is a text from the environment."""
    structs = table_types(each.type)
    try:
        if structs:
            return _tables(each, structs, value, folder or Path())
        if folder is None:
            read = from_text(each.type, value)
        else:
            read = from_toml(each.type, value, folder)
        _check_limits(each, read)
    except TableError as error:
        raise _ProblemError(*(f"{where}: {problem}" for problem in error.problems)) from error
    except ValueError as error:
        shown = "" if each.secret else f" {_shown(value)}:"
        raise _ProblemError(f"{where}:{shown} {error}") from error
    return read


def _tables(
    each: Declared, structs: tuple[type[msgspec.Struct], ...], value: Any, folder: Path
) -> tuple[msgspec.Struct, ...]:
    """Read an array of tables; what its tables must have together is the setting's `check`."""
    read = read_tables(structs, value, folder)
    if each.check is not None:
        try:
            each.check(read)
        except ValueError as error:
            raise TableError(str(error).splitlines()) from None
    return read


def _check_limits(each: Declared, value: Any) -> None:
    for element in value if isinstance(value, tuple) else (value,):
        if each.minimum is not None and element < each.minimum:
            raise ValueError(f"expected at least {each.minimum}")
        if each.maximum is not None and element > each.maximum:
            raise ValueError(f"expected at most {each.maximum}")
        if each.check is not None:
            each.check(element)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "..."
