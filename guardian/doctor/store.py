"""The telemetry store: reachable, kept as long as configured, and each token just wide enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.limits import BAD_CLOCK_MS
from guardian.doctor import sqlite_file
from guardian.doctor.clock import disagreement
from guardian.doctor.finding import Finding, fault, ok, warning
from guardian.doctor.installation import StoreUse
from guardian.doctor.versions import OLDEST_INFLUXDB, at_least
from runtime.clock import Clock
from telemetry_store.errors import DeniedError, QueryError, RejectedError, UnavailableError
from telemetry_store.influx import inspect
from telemetry_store.influx.setup import ROLES, Right, token_file
from telemetry_store.secret_file import read_token
from telemetry_store.settings import InfluxAddress, Retention

_OTHERS = 0o077
_HTTP_ROUNDING_MS = 1_000
"""HTTP tells the time in whole seconds."""
_INIT = "guardian store init --tokens {tokens}"


@dataclass(frozen=True)
class _Token:
    """One token, whose it is, and where it lies."""

    role: str
    about: str
    token: str


def examine(uses: Sequence[StoreUse], tokens: Path | None, clock: Clock) -> Iterator[Finding]:
    """Look at every store that is used, and at every token for it."""
    for path in sorted({path for use in uses if (path := use.settings.sqlite_path) is not None}):
        yield from _file(path)
    for address, retention, given in _servers(uses, tokens):
        yield from _server(address, retention, given, tokens, clock)
    if tokens is not None:
        yield from _private(tokens)


def _file(path: Path) -> Iterator[Finding]:
    if sqlite_file.missing(path):
        says = "is not there yet: ingest makes it when it starts"
        yield warning("store.file", path, says, "guardian store init")
    else:
        yield from sqlite_file.examine("store.file", path, "restore it from your backup")


def _servers(
    uses: Sequence[StoreUse], tokens: Path | None
) -> Iterator[tuple[InfluxAddress, Retention, list[_Token]]]:
    """Yield each InfluxDB once, with the tokens of all that use it."""
    found: dict[tuple[str, str, str, str], list[StoreUse]] = {}
    for use in uses:
        at = use.settings.influx
        if use.settings.sqlite_path is None:
            key = (at.url, at.org, at.telemetry_bucket, at.released_bucket)
            found.setdefault(key, []).append(use)
    for same in found.values():
        given = [
            _Token(use.role, f"{use.role} ({use.source})", use.settings.influx.token)
            for use in same
            if use.role in ROLES and use.settings.influx.token
        ]
        first = same[0].settings
        known = {(each.role, each.token) for each in given}
        more = [each for each in _in_folder(tokens) if (each.role, each.token) not in known]
        yield first.influx, first.retention, given + more


def _in_folder(tokens: Path | None) -> list[_Token]:
    found = []
    for role in ROLES if tokens is not None else ():
        try:
            path = token_file(tokens or Path(), role)
            token = read_token(path)
        except (DeniedError, OSError):
            continue  # its own line says so
        if token:
            found.append(_Token(role, f"{role} ({path})", token))
    return found


def _server(
    address: InfluxAddress, retention: Retention, given: Sequence[_Token], tokens: Path | None,
    clock: Clock,
) -> Iterator[Finding]:  # fmt: skip
    asked_ms = clock.now_ms()
    try:
        server = inspect.server(address)
    except (UnavailableError, DeniedError, RejectedError) as error:
        remedy = f"systemctl status influxdb; curl {address.url}/health"
        yield fault("store.reach", address.url, str(error), remedy)
        return
    yield ok("store.reach", address.url, f"InfluxDB {server.version} answers")
    yield at_least("InfluxDB", server.version, OLDEST_INFLUXDB, "apt install influxdb2")
    if server.now_ms is not None:
        limit_ms = BAD_CLOCK_MS + _HTTP_ROUNDING_MS
        yield disagreement("InfluxDB's host", server.now_ms, asked_ms, clock.now_ms(), limit_ms)
    mend = _INIT.format(tokens=tokens or "TOKENS")
    known: dict[str, inspect.Rights] = {}
    for each in given:
        yield from _token(address, each, mend, known)
    yield from _retention(address, retention, mend, known)
    if not given:
        says = "no token was given, so none was tried"
        yield warning("store.token", address.url, says, "guardian doctor --tokens TOKENS")


def _token(
    address: InfluxAddress, each: _Token, mend: str, known: dict[str, inspect.Rights]
) -> Iterator[Finding]:
    """Compare what a token may do with what its role needs."""
    if each.token not in known:
        try:
            known[each.token] = inspect.rights(replace(address, token=each.token))
        except inspect.TokenRefusedError:
            yield fault("store.token", each.about, "InfluxDB does not know this token", mend)
            return
        except (UnavailableError, DeniedError, QueryError) as error:
            yield fault("store.token", each.about, str(error), mend)
            return
    found = known[each.token]
    for bucket in found.missing:
        yield fault("store.bucket", each.about, f"there is no bucket {bucket!r}", mend)
    if not found.missing:
        yield from _compared(address, each, found, mend)


def _compared(
    address: InfluxAddress, each: _Token, found: inspect.Rights, mend: str
) -> Iterator[Finding]:
    names = {"telemetry": address.telemetry_bucket, "released": address.released_bucket}
    wanted: set[Right] = set(ROLES[each.role])
    for action, bucket in sorted(wanted - found.may):
        says = f"may not {action} {names[bucket]}, and must"
        yield fault("store.token", each.about, says, mend)
    for action, bucket in sorted(found.may - wanted):
        says = f"may {action} {names[bucket]}, and must not"
        if (action, bucket) == ("read", "telemetry"):
            says += ": it opens every sealed position"
        yield fault("store.token", each.about, says, mend)
    others = sorted(set(found.retention_days) - set(names.values()))
    if found.sees_tokens or others:
        beyond = "other tokens" if found.sees_tokens else f"the bucket {others[0]}"
        yield fault("store.token", each.about, f"is too wide: it sees {beyond} too", mend)
    elif wanted == found.may:
        may = ", ".join(f"{action} {names[bucket]}" for action, bucket in sorted(wanted))
        yield ok("store.token", each.about, f"may {may}, and no more")


def _retention(
    address: InfluxAddress, wanted: Retention, mend: str, known: dict[str, inspect.Rights]
) -> Iterator[Finding]:
    """Compare with what any of the tokens can see of the buckets."""
    seen = {name: days for each in known.values() for name, days in each.retention_days.items()}
    for bucket, days in ((address.telemetry_bucket, wanted.telemetry_days),
                         (address.released_bucket, wanted.released_days)):  # fmt: skip
        if bucket not in seen:
            continue
        if seen[bucket] == days:
            yield ok("store.retention", bucket, f"keeps {days} days")
        else:
            kept = "for ever" if seen[bucket] is None else f"{seen[bucket]} days"
            says = f"keeps {kept}, and {days} days are configured"
            yield fault("store.retention", bucket, says, f"{mend} (with --config)")


def _private(tokens: Path) -> Iterator[Finding]:
    """Say which token other users of this machine can read."""
    try:
        files = [each for each in sorted(tokens.rglob("*")) if each.is_file()]
        open_to_others = [each for each in files if each.stat().st_mode & _OTHERS]
        listed = bool(list(tokens.iterdir()))
    except OSError as error:
        says = f"cannot be read: {(error.strerror or str(error)).lower()}"
        yield fault("store.secret", tokens, says, f"ls -ld {tokens}; run the doctor with sudo")
        return
    for each in open_to_others:
        says = "can be read by others than its owner"
        yield fault("store.secret", each, says, f"chmod 400 {each}")
    if listed and not open_to_others:
        yield ok("store.secret", tokens, "tokens are their owner's alone")
