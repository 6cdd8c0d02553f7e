"""Requests that may be repeated, and how they were answered, as rows."""

from msgspec import Struct
from sqlalchemy import delete, insert, select, update

from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import idempotency_keys as table


class StoredRequest(Struct, frozen=True, kw_only=True):
    """A request by its key; `status` None while it is being carried out."""

    owner: str
    key: str
    request: str
    at: int
    status: int | None = None
    answer: bytes | None = None
    location: str | None = None


def find(connection: Connection, owner: str, key: str) -> StoredRequest | None:
    """Return the request of this key, and hold it until the transaction ends."""
    query = select(table).where(table.c.owner == owner, table.c.key == key).with_for_update()
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, StoredRequest)


def begin(connection: Connection, request: StoredRequest) -> None:
    """Note that a request is being carried out, in place of one that never ended."""
    forget(connection, request.owner, request.key)
    connection.execute(
        insert(table).values(
            owner=request.owner, key=request.key, request=request.request, at=request.at
        )
    )


def answered(connection: Connection, request: StoredRequest) -> None:
    """Keep the answer."""
    this = (table.c.owner == request.owner, table.c.key == request.key)
    answer = {"status": request.status, "answer": request.answer, "location": request.location}
    connection.execute(update(table).where(*this).values(answer))


def forget(connection: Connection, owner: str, key: str) -> None:
    """Forget a request: it had no effect."""
    connection.execute(delete(table).where(table.c.owner == owner, table.c.key == key))


def prune(connection: Connection, before: int) -> None:
    """Forget what is older."""
    connection.execute(delete(table).where(table.c.at < before))
