"""Users, sessions, tokens and login attempts as rows. Secrets arrive here already hashed.

Every function takes the connection of `Database.reading()` or `Database.writing()`.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import and_, delete, func, insert, select, update

from dispatcher.errors import AccountExistsError
from dispatcher.store.engine import Connection
from dispatcher.store.tables import api_tokens, login_attempts, sessions, users


class StoredUser(Struct, frozen=True, kw_only=True):
    """A person who may log in."""

    name: str
    password_hash: str
    roles: list[str]
    created_at: int
    disabled_at: int | None = None


class StoredSession(Struct, frozen=True, kw_only=True):
    """A login at a browser."""

    token_hash: str
    user: str
    csrf: str
    created_at: int
    expires_at: int
    last_seen_at: int


class StoredToken(Struct, frozen=True, kw_only=True):
    """A bearer token of a program; `user` is the account that made it, where there is one."""

    id: str
    token_hash: str
    name: str
    scopes: list[str]
    created_at: int
    user: str | None = None
    expires_at: int | None = None
    revoked_at: int | None = None


def add_user(connection: Connection, user: StoredUser) -> None:
    """Add a user.

    Raises:
        AccountExistsError: the name is taken.
    """
    if find_user(connection, user.name) is not None:
        raise AccountExistsError(f"there is already a user {user.name!r}")
    connection.execute(insert(users).values(**_columns(user)))


def find_user(connection: Connection, name: str) -> StoredUser | None:
    """Return the user of this name, also a disabled one."""
    row = connection.execute(select(users).where(users.c.name == name)).mappings().first()
    return None if row is None else StoredUser(**row)


def list_users(connection: Connection) -> list[StoredUser]:
    """Return all users by name."""
    rows = connection.execute(select(users).order_by(users.c.name)).mappings()
    return [StoredUser(**row) for row in rows]


def set_password(connection: Connection, name: str, password_hash: str) -> bool:
    """Change a password; True when there is such a user."""
    change = update(users).where(users.c.name == name).values(password_hash=password_hash)
    return connection.execute(change).rowcount == 1


def disable_user(connection: Connection, name: str, at: int) -> bool:
    """Disable a user and end their sessions; True when there is such a user."""
    end_sessions(connection, name)
    change = update(users).where(users.c.name == name).values(disabled_at=at)
    return connection.execute(change).rowcount == 1


def add_session(connection: Connection, session: StoredSession) -> None:
    """Keep a login."""
    connection.execute(insert(sessions).values(**_columns(session)))


def find_session(connection: Connection, token_hash: str) -> StoredSession | None:
    """Return the session, also an expired one."""
    query = select(sessions).where(sessions.c.token_hash == token_hash)
    row = connection.execute(query).mappings().first()
    return None if row is None else StoredSession(**row)


def touch_session(connection: Connection, token_hash: str, at: int) -> None:
    """Note that a session was used."""
    connection.execute(
        update(sessions).where(sessions.c.token_hash == token_hash).values(last_seen_at=at)
    )


def end_session(connection: Connection, token_hash: str) -> None:
    """Forget a login."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def end_sessions(connection: Connection, user: str) -> None:
    """Forget all logins of a user."""
    connection.execute(delete(sessions).where(sessions.c.user == user))


def prune_sessions(connection: Connection, now_ms: int) -> int:
    """Forget logins that have expired; return how many."""
    return connection.execute(delete(sessions).where(sessions.c.expires_at <= now_ms)).rowcount


def add_token(connection: Connection, token: StoredToken) -> None:
    """Keep a bearer token."""
    connection.execute(insert(api_tokens).values(**_columns(token)))


def find_token(connection: Connection, token_hash: str) -> StoredToken | None:
    """Return the token, also an expired or revoked one."""
    query = select(api_tokens).where(api_tokens.c.token_hash == token_hash)
    row = connection.execute(query).mappings().first()
    return None if row is None else StoredToken(**row)


def list_tokens(connection: Connection) -> list[StoredToken]:
    """Return all tokens, oldest first."""
    rows = connection.execute(select(api_tokens).order_by(api_tokens.c.created_at)).mappings()
    return [StoredToken(**row) for row in rows]


def revoke_token(connection: Connection, token_id: str, at: int) -> bool:
    """Revoke a token; True when there is such a token that was not revoked before."""
    change = (
        update(api_tokens)
        .where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return connection.execute(change).rowcount == 1


def add_attempt(
    connection: Connection, *, name: str, source: str, at: int, succeeded: bool
) -> None:
    """Note a login attempt: `name` as a hash (people type passwords there), `source` an address."""
    connection.execute(
        insert(login_attempts).values(name=name, source=source, at=at, succeeded=succeeded)
    )


def count_attempts(
    connection: Connection,
    since: int,
    *,
    succeeded: bool,
    name: str | None = None,
    source: str | None = None,
) -> int:
    """Count attempts after `since`, of a name, of a source, or of all."""
    query = select(func.count()).where(
        login_attempts.c.at > since, login_attempts.c.succeeded.is_(succeeded)
    )
    if name is not None:
        query = query.where(login_attempts.c.name == name)
    if source is not None:
        query = query.where(login_attempts.c.source == source)
    return int(connection.execute(query).scalar_one())


def prune_attempts(connection: Connection, before: int, *, succeeded: bool) -> None:
    """Forget attempts older than `before`."""
    old = and_(login_attempts.c.at < before, login_attempts.c.succeeded.is_(succeeded))
    connection.execute(delete(login_attempts).where(old))


def _columns(row: Struct) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
