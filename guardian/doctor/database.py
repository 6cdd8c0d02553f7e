"""The incident database: its file or its server, its settings, its tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from contract.limits import BAD_CLOCK_MS
from dispatcher.errors import StoreUnavailableError
from dispatcher.store.inspect import Inspected, inspect, shown, sqlite_file
from guardian.doctor import sqlite_file as files
from guardian.doctor.clock import disagreement
from guardian.doctor.finding import Finding, fault, ok, warning
from guardian.doctor.versions import at_least
from runtime.clock import Clock

if TYPE_CHECKING:
    from dispatcher.settings import DatabaseSettings

OLDEST_POSTGRESQL = "13"
"""The oldest that its makers have mended within the last year; 15 is Debian 12's."""
SAFE = {"synchronous_commit": ("on", "remote_write", "remote_apply"),
        "fsync": ("on",), "full_page_writes": ("on",)}  # fmt: skip
"""What PostgreSQL needs so that what it has confirmed survives a power cut."""

_RESTORE = "stop the dispatcher, then: guardian restore (docs/operations.md)"


def examine(settings: "DatabaseSettings", clock: Clock) -> Iterator[Finding]:
    """Look at the database that these settings name."""
    url = settings.incident_database
    path = sqlite_file(url)
    if path is None:
        yield from _server(url, clock)
        return
    if files.missing(path):
        says = "is not there yet: the dispatcher makes it when it starts"
        remedy = "systemctl start guardian-dispatcher; or correct GUARDIAN_DATABASE_URL"
        yield warning("database.file", path, says, remedy)
        return
    found = list(files.examine("database.file", path, _RESTORE))
    yield from found
    if files.unreadable_or_empty(path):
        return
    try:
        yield _tables(str(path), inspect(url))
    except StoreUnavailableError as error:
        if all(each.level == "ok" for each in found):
            yield fault("database.file", path, f"cannot be read: {error}", _RESTORE)


def _server(url: str, clock: Clock) -> Iterator[Finding]:
    about = shown(url)
    asked_ms = clock.now_ms()
    try:
        found = inspect(url)
    except StoreUnavailableError as error:
        yield fault("database.reach", about, _first_line(error), _unreachable(str(error)))
        return
    yield ok("database.reach", about, f"PostgreSQL {found.version} answers")
    yield from _settings(about, found)
    yield _tables(about, found)
    if found.now_ms is not None:
        yield disagreement("PostgreSQL's host", found.now_ms, asked_ms, clock.now_ms(),
                           BAD_CLOCK_MS)  # fmt: skip
    yield at_least("PostgreSQL", found.version or "", OLDEST_POSTGRESQL, "pg_upgradecluster")


def _unreachable(says: str) -> str:
    words = says.lower()
    if "peer authentication" in words or ("role" in words and "does not exist" in words):
        return "runuser -u guardian -- guardian doctor --only database (as the dispatcher does)"
    if "password" in words or "authentication" in words:
        return "correct user and password in GUARDIAN_DATABASE_URL; see pg_hba.conf"
    if "does not exist" in words:
        return "runuser -u postgres -- createdb --owner guardian guardian"
    return "systemctl status postgresql; correct GUARDIAN_DATABASE_URL"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _settings(about: str, found: Inspected) -> Iterator[Finding]:
    wrong = [name for name, safe in SAFE.items() if found.settings.get(name, safe[0]) not in safe]
    for name in wrong:
        says = f"{name} is {found.settings[name]}: a power cut loses what it has confirmed"
        remedy = f'psql -c "ALTER SYSTEM SET {name} = on" -c "SELECT pg_reload_conf()"'
        # Each session of the dispatcher sets this one for itself, unless a pooler drops that.
        if name == "synchronous_commit":
            remedy = 'psql -c "ALTER DATABASE guardian SET synchronous_commit = on"'
            yield warning("database.settings", about, f"{says}, where a pooler is between", remedy)
        else:
            yield fault("database.settings", about, says, remedy)
    if found.standby or found.settings.get("transaction_read_only") == "on":
        says = "takes no writes: it is a standby, or set to read only"
        yield fault("database.settings", about, says, "name the primary in GUARDIAN_DATABASE_URL")
    elif not wrong:
        yield ok("database.settings", about, f"{', '.join(SAFE)} are on")


def _tables(about: str, found: Inspected) -> Finding:
    if not found.revisions:
        says = "has no tables yet: the dispatcher makes them when it starts"
        return warning("database.tables", about, says, "systemctl start guardian-dispatcher")
    at = ", ".join(found.revisions)
    if not found.known:
        says = f"its tables ({at}) are of a later Guardian"
        return fault("database.tables", about, says, "install that version again, or restore")
    if at != found.head:
        says = f"its tables ({at}) are behind this version's ({found.head})"
        remedy = "systemctl restart guardian-dispatcher (it brings them up to date)"
        return fault("database.tables", about, says, remedy)
    return ok("database.tables", about, f"tables are this version's ({at})")
