"""All settings of a type as a table, for the documentation and for --help."""

import textwrap
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from runtime.settings.declare import Declared, declared
from runtime.settings.values import table_types

_WIDTH = 78
_INDENT = "      "


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    default: str
    meaning: str


def rows(settings_type: type[Any]) -> list[Row]:
    """Return name, default and meaning of each setting."""
    return [Row(_name(each), _default(each), _meaning(each)) for each in declared(settings_type)]


def markdown(settings_type: type[Any]) -> str:
    """Return the table for a page of the documentation."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for row in rows(settings_type):
        default = row.default if row.default == "required" else row.default and f"`{row.default}`"
        lines.append(f"| `{row.name}` | {default} | {row.meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def help_text(settings_type: type[Any]) -> str:
    r"""Return the table for a command's --help (as a click epilog, put \b before it)."""
    lines = []
    for row in rows(settings_type):
        lines.append(f"  {row.name}{f' [{row.default}]' if row.default else ''}")
        lines += textwrap.wrap(
            row.meaning, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
        )
    return "\n".join(lines)


def _name(each: Declared) -> str:
    return f"[[{each.key}]]" if table_types(each.type) else each.variable


def _default(each: Declared) -> str:
    if each.required:
        return "required"
    if each.default is None or each.default == ():
        return ""
    if isinstance(each.default, bool):
        return str(each.default).lower()
    if isinstance(each.default, tuple):
        return ",".join(map(str, each.default))
    return str(each.default)


def _meaning(each: Declared) -> str:
    parts = [each.help] if each.help else []
    if get_origin(each.type) is Literal:
        parts.append(f"one of {', '.join(map(str, get_args(each.type)))}")
    if each.secret:
        parts.append(f"secret, or a file in {each.variable}_FILE")
    return "; ".join(parts)
