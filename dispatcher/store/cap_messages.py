"""CAP messages as rows: what was said in each thread, and whether it has surely arrived."""

from msgspec import to_builtins
from sqlalchemy import delete, insert, select, update

from dispatcher.channels.cap.thread import Sent
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import cap_messages as table
from dispatcher.store.tables import incidents


def of(connection: Connection, channel: str, incident: str) -> list[Sent]:
    """Return the messages of one thread, oldest first."""
    columns = [table.c[name] for name in Sent.__struct_fields__]
    query = select(*columns).where(table.c.channel == channel, table.c.incident == incident)
    rows = connection.execute(query.order_by(table.c.sent)).mappings()
    return [as_struct(row, Sent) for row in rows]


def save(connection: Connection, channel: str, incident: str, sent: Sent) -> None:
    """Add a message, or replace it; one that has arrived stays so."""
    values = to_builtins(sent)
    this = (table.c.channel == channel, table.c.identifier == sent.identifier)
    if not sent.done:
        values.pop("done")
    if connection.execute(update(table).where(*this).values(values)).rowcount == 0:
        values = {"done": False, **values, "channel": channel, "incident": incident}
        connection.execute(insert(table), values)


def prune(connection: Connection, before: int, limit: int) -> int:
    """Delete what was sent before, of incidents that are not open; return how many."""
    is_open = select(incidents.c.id).where(incidents.c.state != "closed")
    query = (
        select(table.c.channel, table.c.identifier)
        .where(table.c.sent < before, table.c.incident.not_in(is_open))
        .limit(limit)
    )
    old = connection.execute(query).all()
    for channel, identifier in old:
        this = (table.c.channel == channel, table.c.identifier == identifier)
        connection.execute(delete(table).where(*this))
    return len(old)
