"""Which dispatchers have consoles connected, as rows."""

from sqlalchemy import insert, select, update

from dispatcher.store.engine import Connection
from dispatcher.store.tables import attendance as table


def tell(connection: Connection, dispatcher: str, at: int) -> None:
    """Note that a dispatcher has a person's console at this time, ms since 1970 UTC."""
    known = update(table).where(table.c.dispatcher == dispatcher).values(seen_at=at)
    if connection.execute(known).rowcount == 0:
        connection.execute(insert(table), {"dispatcher": dispatcher, "seen_at": at})


def seen(connection: Connection, but: str) -> list[int]:
    """Return when the other dispatchers last had one."""
    query = select(table.c.seen_at).where(table.c.dispatcher != but)
    return list(connection.execute(query).scalars())
