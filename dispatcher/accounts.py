"""Who may do what: users with passwords, logins at a browser, bearer tokens of programs.

Of every secret only a hash is kept: argon2id of passwords, SHA-256 of tokens, which are random.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from contract.errors import TransientError
from contract.ids import uuid7
from dispatcher import login_limit
from dispatcher.errors import (
    AccountExistsError,
    InvalidNameError,
    UnknownAccountError,
    WeakPasswordError,
    WrongCredentialsError,
)
from dispatcher.incident.states import Person
from dispatcher.remembered import Remembered
from dispatcher.repeats import Repeats
from dispatcher.store import accounts as rows
from dispatcher.store.engine import Database
from runtime import logs
from runtime.clock import Clock

Role = Person
Scope = Literal["incidents:read", "incidents:write", "panics:write"]

ROLES: dict[Role, frozenset[Scope]] = {
    "operator": frozenset({"incidents:read", "incidents:write"}),
    "supervisor": frozenset({"incidents:read", "incidents:write"}),
    "observer": frozenset({"incidents:read"}),
}
SCOPES: tuple[Scope, ...] = get_args(Scope)
USUAL_SCOPES: tuple[Scope, ...] = ("incidents:read", "incidents:write")
"""What a token may unless it is said; `panics:write` is a gateway's alone, and no person's."""

SESSION_MS = 12 * 3_600_000
"""A login lasts for the longest shift, used or not."""
IDLE_MS = 2 * 3_600_000
"""An unused login ends earlier; a console that is open uses it every few seconds."""
TOUCH_MS = 60_000
"""How often the use of a login is written down: a console must not write with every request."""
MIN_PASSWORD_CHARS = 10
"""With the login rate limit, beyond guessing (NIST SP 800-63B asks for 8)."""
MAX_PASSWORD_CHARS = 256
"""Hashing what is longer would only serve those who want to keep us busy."""
MAX_NAME_CHARS = 64

_log = logs.get(__name__)


@dataclass(frozen=True)
class Identity:
    """Who asks: a user at a browser (`csrf` and `ends_at` set), or a program with a token."""

    name: str
    scopes: frozenset[str]
    roles: tuple[str, ...] = ()
    csrf: str | None = None
    ends_at: int | None = None


class Accounts:
    """All accounts of one incident database; thread-safe."""

    def __init__(
        self, database: Database, clock: Clock, *, hasher: PasswordHasher | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        # Checked for names that do not exist: the answer then takes as long as for those that do.
        self._remembered: Remembered[Identity] = Remembered()
        self.repeats = Repeats(database, clock)

    # --- Users ----------------------------------------------------------------------------------

    def add_user(self, name: str, password: str, role: Role = "operator") -> None:
        """Add a user.

        Raises:
            AccountExistsError: the name is taken.
            InvalidNameError: it cannot be shown.
            WeakPasswordError: the password is too short, or too long.
        """
        user = rows.StoredUser(
            name=_checked_name(name),
            password_hash=self._hashed(password),
            roles=[role],
            created_at=self._clock.now_ms(),
        )
        with self._database.writing() as connection:
            rows.add_user(connection, user)

    def set_password(self, name: str, password: str) -> None:
        """Give a user a new password and end their logins.

        Raises:
            UnknownAccountError: there is no such user.
            WeakPasswordError: the password is too short, or too long.
        """
        hashed = self._hashed(password)
        with self._database.writing() as connection:
            if not rows.set_password(connection, name, hashed):
                raise UnknownAccountError(f"there is no user {name!r}")
            rows.end_sessions(connection, name)

    def disable_user(self, name: str) -> None:
        """End a user's logins and tokens for good.

        Raises:
            UnknownAccountError: there is no such user.
        """
        with self._database.writing() as connection:
            if not rows.disable_user(connection, name, self._clock.now_ms()):
                raise UnknownAccountError(f"there is no user {name!r}")

    def users(self) -> list[rows.StoredUser]:
        """Return all users by name."""
        with self._database.reading() as connection:
            return rows.list_users(connection)

    # --- Logins at a browser --------------------------------------------------------------------

    def log_in(self, name: str, password: str, source: str) -> str:
        """Return the token of a new login; `source` is the address that asks.

        Raises:
            TooManyAttemptsError: of this name or from this address.
            WrongCredentialsError: no such user, wrong password, or disabled: never which.
        """
        now, source = self._clock.now_ms(), login_limit.network(source)
        typed = _digest(name)
        with self._database.reading() as connection:
            login_limit.check(connection, typed, source, now)
            user = rows.find_user(connection, name) if name.isprintable() else None
        good = self._verified(user.password_hash if user else self._nobody, password)
        accepted = good and user is not None and user.disabled_at is None
        token = secrets.token_urlsafe(32)
        with self._database.writing() as connection:
            login_limit.note(connection, typed, source, now, succeeded=accepted)
            rows.prune_sessions(connection, now)
            if accepted:
                rows.add_session(connection, _session(token, name, now))
        if not accepted:
            _log.warning("login_refused", source=source)
            raise WrongCredentialsError("name and password do not belong together")
        _log.info("logged_in", user=name, source=source)
        return token

    def log_out(self, token: str) -> None:
        """End a login."""
        with self._database.writing() as connection:
            rows.end_session(connection, _digest(token))

    def by_session(self, token: str) -> Identity | None:
        """Return whose login this is, None when it has ended."""
        return self._remembered.ask(_digest(token), self._by_session, self._clock.now_ms())

    def _by_session(self, digest: str) -> Identity | None:
        now = self._clock.now_ms()
        with self._database.reading() as connection:
            session = rows.find_session(connection, digest)
            user = rows.find_user(connection, session.user) if session else None
        if session is None or user is None or user.disabled_at is not None:
            return None
        if now >= session.expires_at or now - session.last_seen_at >= IDLE_MS:
            return None
        if now - session.last_seen_at >= TOUCH_MS:
            self._touch(session.token_hash, now)
        return _identity(user, csrf=session.csrf, ends_at=session.expires_at)

    # --- Tokens of programs ---------------------------------------------------------------------

    def add_token(
        self,
        name: str,
        *,
        user: str | None = None,
        scopes: tuple[Scope, ...] = USUAL_SCOPES,
        expires_at: int | None = None,
    ) -> str:
        """Return a new bearer token, which is shown this once; it acts as `user` if one is given.

        Raises:
            AccountExistsError: it would act under the name of a user that it does not belong to.
            InvalidNameError: the name cannot be shown.
            UnknownAccountError: there is no such user.
        """
        now, token = self._clock.now_ms(), f"gdn_{secrets.token_urlsafe(32)}"
        with self._database.writing() as connection:
            if user is not None and rows.find_user(connection, user) is None:
                raise UnknownAccountError(f"there is no user {user!r}")
            if user is None and rows.find_user(connection, name) is not None:
                raise AccountExistsError(f"{name!r} is a user: name the token otherwise")
            rows.add_token(
                connection,
                rows.StoredToken(
                    id=uuid7(now, secrets.token_bytes(10)),
                    token_hash=_digest(token),
                    name=_checked_name(name),
                    user=user,
                    scopes=list(scopes),
                    created_at=now,
                    expires_at=expires_at,
                ),
            )
        return token

    def revoke_token(self, token_id: str) -> None:
        """Revoke a token; its event streams end within seconds.

        Raises:
            UnknownAccountError: there is no valid token of this id.
        """
        with self._database.writing() as connection:
            if not rows.revoke_token(connection, token_id, self._clock.now_ms()):
                raise UnknownAccountError(f"there is no valid token {token_id!r}")

    def tokens(self) -> list[rows.StoredToken]:
        """Return all tokens, oldest first; their secrets are not kept."""
        with self._database.reading() as connection:
            return rows.list_tokens(connection)

    def by_token(self, token: str) -> Identity | None:
        """Return who acts by this bearer token, None when it is not or no longer valid."""
        return self._remembered.ask(_digest(token), self._by_token, self._clock.now_ms())

    def _by_token(self, digest: str) -> Identity | None:
        now = self._clock.now_ms()
        with self._database.reading() as connection:
            stored = rows.find_token(connection, digest)
            user = rows.find_user(connection, stored.user) if stored and stored.user else None
        if stored is None or stored.revoked_at is not None:
            return None
        if stored.expires_at is not None and now >= stored.expires_at:
            return None
        if stored.user is None:
            return Identity(stored.name, frozenset(stored.scopes))
        if user is None or user.disabled_at is not None:
            return None
        whole = _identity(user)
        return Identity(user.name, whole.scopes & set(stored.scopes), whole.roles)

    # --- Details --------------------------------------------------------------------------------

    def _touch(self, token_hash: str, now: int) -> None:
        """Note that a login is used; a database that only reads must not end it."""
        try:
            with self._database.writing() as connection:
                rows.touch_session(connection, token_hash, now)
        except TransientError:
            _log.debug("session_not_touched")

    def _hashed(self, password: str) -> str:
        if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
            raise WeakPasswordError(
                f"a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters"
            )
        return self._hasher.hash(password)

    def _verified(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[: MAX_PASSWORD_CHARS + 1])
        except VerificationError:
            return False


def _session(token: str, user: str, now: int) -> rows.StoredSession:
    return rows.StoredSession(
        token_hash=_digest(token),
        user=user,
        csrf=secrets.token_urlsafe(32),
        created_at=now,
        expires_at=now + SESSION_MS,
        last_seen_at=now,
    )


def _identity(
    user: rows.StoredUser, csrf: str | None = None, ends_at: int | None = None
) -> Identity:
    scopes = frozenset[str]().union(*(ROLES[role] for role in get_args(Role) if role in user.roles))
    return Identity(user.name, scopes, tuple(user.roles), csrf, ends_at)


def _checked_name(name: str) -> str:
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable() or name != name.strip():
        raise InvalidNameError(f"a name has 1 to {MAX_NAME_CHARS} printable characters")
    return name


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
