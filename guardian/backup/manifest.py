"""What an archive says of itself, and what may stand in it. Values only."""

import re
from importlib.metadata import version
from typing import Annotated, Literal, get_args

import msgspec

from guardian.backup.errors import DamagedArchiveError, NewerArchiveError

FORMAT = 1
NAME = "manifest.json"
DIGEST_NAME = "manifest.sha256"
DATABASE = "database/incidents.db"
DUMP = "database/incidents.pgdump"
MAX_BYTES = 16 * 1024 * 1024
"""Of the manifest: 60,000 members. A PKI has some twenty; trackers' certificates are not kept."""

Part = Literal["database", "pki", "broker", "settings", "dead-letters", "telemetry"]
PARTS: tuple[Part, ...] = get_args(Part)
MODE_BITS = 0o777
"""No archive gives a file the rights of its owner to whoever runs it (setuid)."""


class Member(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file or folder; its name begins with its part."""

    name: str
    kind: Literal["file", "folder"] = "file"
    mode: Annotated[int, msgspec.Meta(ge=0, le=MODE_BITS)]
    owner: str
    group: str
    size: Annotated[int, msgspec.Meta(ge=0)] = 0
    sha256: str = ""

    @property
    def part(self) -> str:
        """Return the first level of the name."""
        return self.name.partition("/")[0]

    @property
    def inner(self) -> str:
        """Return the name below its part; empty for the part itself."""
        return self.name.partition("/")[2]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first member of an archive. `made_at`: ms since 1970, before anything was read."""

    format: int
    guardian: str
    made_at: int
    schema: str | None = None
    dumped_with: int | None = None
    origins: dict[str, str] = {}
    members: tuple[Member, ...] = ()

    def of(self, part: str) -> list[Member]:
        """Return the members of a part."""
        return [each for each in self.members if each.part == part]

    def parts(self) -> list[Part]:
        """Return the parts that are there, in the order of `PARTS`."""
        return [part for part in PARTS if self.of(part)]


class _Version(msgspec.Struct):
    format: int


def installed() -> str:
    """Return the version of this Guardian."""
    return version("guardian-safety")


def read(text: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        NewerArchiveError: a newer Guardian made it.
        DamagedArchiveError: it is none, or names what must not stand in an archive.
    """
    try:
        if msgspec.json.decode(text, type=_Version).format > FORMAT:
            raise NewerArchiveError(
                f"the archive's format is newer than that of this Guardian ({installed()}); "
                "install the version that made it"
            )
        found = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedArchiveError(f"its manifest cannot be read: {error}") from error
    if _numbers(found.guardian) > _numbers(installed()):
        raise NewerArchiveError(
            f"Guardian {found.guardian} made the archive, this is {installed()}; "
            f"install {found.guardian} or later"
        )
    _check_names(found)
    return found


def write(manifest: Manifest) -> bytes:
    """Return the manifest as text."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def check_name(name: str) -> None:
    """Refuse a name that would leave its folder, or that no part has.

    Raises:
        DamagedArchiveError: it is such a name.
    """
    steps = name.split("/")
    if (
        steps[0] not in PARTS
        or any(step in ("", ".", "..") for step in steps)
        or any(ord(char) < ord(" ") or char == "\\" for char in name)
    ):
        raise DamagedArchiveError(f"{name[:80]!r} must not stand in a backup")


def _check_names(manifest: Manifest) -> None:
    names = [each.name for each in manifest.members]
    for name in names:
        check_name(name)
    if len(set(names)) != len(names):
        raise DamagedArchiveError("a name stands in it twice")
    files = {each.name for each in manifest.members if each.kind == "file"}
    below_a_file = [n for n in names if any(up in files for up in _folders_above(n))]
    if below_a_file:
        raise DamagedArchiveError(f"{below_a_file[0]!r} lies below a file")


def _folders_above(name: str) -> list[str]:
    steps = name.split("/")
    return ["/".join(steps[:count]) for count in range(1, len(steps))]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d{1,9}", text)[:3])
