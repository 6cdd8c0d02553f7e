"""How a setting is declared, and what is read back from the declaration."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from contract.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "GUARDIAN_"
FILE_SUFFIX = "_FILE"

_METADATA = "guardian.setting"
_REQUIRED: Any = object()


class SettingsError(PermanentError):
    """Settings are missing or wrong; every one that is, with the value and what was expected."""

    def __init__(self, problems: list[str]) -> None:
        """Take one sentence for each problem."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One setting of a settings type."""

    name: str
    type: Any
    variable: str
    secret: bool
    help: str
    check: "Callable[[Any], object] | None"
    minimum: float | None
    maximum: float | None
    default: Any

    @property
    def required(self) -> bool:
        """Say whether there is no default."""
        return self.default is _REQUIRED

    @property
    def key(self) -> str:
        """Return the key in a TOML file."""
        return self.variable.removeprefix(PREFIX).lower()


def setting(
    variable: str,
    *,
    default: Any = _REQUIRED,
    secret: bool = False,
    help: str = "",  # noqa: A002 - the word that argparse and click use for it
    check: "Callable[[Any], object] | None" = None,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    """Declare a field of a settings dataclass; without a default it is required.

    A `check` is called with the value and raises ValueError saying what was expected; of a tuple,
    with each element; of an array of tables, with all of them, one line for each problem. A secret
    is left out of the dataclass's repr.
    """
    metadata = {
        _METADATA: {
            "variable": variable,
            "secret": secret,
            "help": help,
            "check": check,
            "minimum": minimum,
            "maximum": maximum,
            "default": default,
        }
    }
    if default is _REQUIRED:
        return dataclasses.field(metadata=metadata, repr=not secret)
    return dataclasses.field(metadata=metadata, repr=not secret, default=default)


def declared(settings_type: type[Any]) -> list[Declared]:
    """Return the settings of a settings type, in the order of the fields.

    Raises:
        TypeError: a field was not declared with `setting`.
    """
    hints = get_type_hints(settings_type)
    found = []
    for field in dataclasses.fields(settings_type):
        if _METADATA not in field.metadata:
            raise TypeError(f"{settings_type.__name__}.{field.name} is not declared as a setting")
        options = field.metadata[_METADATA]
        found.append(Declared(name=field.name, type=hints[field.name], **options))
    return found
