"""The tables of the incident database. Times are ms since 1970 UTC."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the type is spelled INTEGER.
_Number = BigInteger().with_variant(Integer, "sqlite")

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user", String(64), ForeignKey("users.name"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("last_seen_at", BigInteger, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("user", String(64), ForeignKey("users.name")),
    Column("scopes", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("succeeded", Boolean, nullable=False),
    Index("ix_login_attempts_name_at", "name", "at"),
    Index("ix_login_attempts_source_at", "source", "at"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("class_", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("marks", JSON, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("unacknowledged", Boolean, nullable=False),
    Column("presses", Integer, nullable=False),
    Column("device", String(63)),
    Column("phone", String(64)),
    Column("case_number", String(64)),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("pressed_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", String(64)),
    Column("dispatched_at", BigInteger),
    Column("dispatched_by", String(64)),
    Column("on_scene_at", BigInteger),
    Column("on_scene_by", String(64)),
    Column("closed_at", BigInteger),
    Column("closed_by", String(64)),
    Column("disposition", String(16)),
    Column("alerts", Integer, nullable=False),
    Column("alerted_at", BigInteger, nullable=False),
    Column("jurisdiction", String(64)),
    Column("transferred_at", BigInteger),
    Column("unheeded", Boolean, nullable=False, server_default=false()),
    Column("assigned_to", String(64)),
    Column("assigned_by", String(64)),
    Column("assigned_at", BigInteger),
    Column("transfer_to", String(64)),
    Column("transfer_by", String(64)),
    Column("transfer_at", BigInteger),
    Column("merged_into", String(36), index=True),
    Column("step", Integer, nullable=False, server_default=text("0")),
    Column("called", JSON(none_as_null=True)),
    Column("review_at", BigInteger),
    Index("ix_incidents_opened_at_id", "opened_at", "id"),
    Index("ix_incidents_state_opened_at_id", "state", "opened_at", "id"),
)
"""`alerts` numbers what is sent about an incident; `alerted_at` is when its last press alerted.
`jurisdiction` follows the place until somebody transfers the incident by hand. `unheeded`: beside
its presses something waits for a person, a duress code or a transfer that came back. `step` is
the ladder's last that fired, `called` the roles that it called; `review_at`: a reminder came too
late to fire."""

_OPEN = text("state <> 'closed' AND device IS NOT NULL")
Index(
    "uq_incidents_open_device_class",
    incidents.c.device,
    incidents.c.class_,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

presses = Table(
    "presses",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("device", String(63)),
    Column("panic_id", String(36)),
    Column("kind", String(16), nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("update", BigInteger, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("marks", JSON, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("pressed_at", BigInteger),
    Column("presented_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", String(64)),
    Column("note", Text),
    Column("place", JSON(none_as_null=True)),
    Column("fixed_at", BigInteger),
    Column("placed_at", BigInteger),
    Column("alerted_at", BigInteger, nullable=False),
    Column("committed_at", BigInteger),
    Column("cancel", String(16)),
    UniqueConstraint("device", "panic_id"),
    UniqueConstraint("incident", "number"),
    Index("ix_presses_stage", "stage"),
)
"""Presses of trackers, and calls. `fixed_at` orders fixes: their time, at most their arrival
(`placed_at`)."""

links = Table(
    "links",
    metadata,
    Column("incident", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("other", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(64)),
)
"""Incidents that belong together; each link has a row for either side."""

cancel_codes = Table(
    "cancel_codes",
    metadata,
    Column("device", String(63), primary_key=True),
    Column("pin_hash", Text, nullable=False),
    Column("duress_hash", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)
"""What the holder of a tracker types to cancel, hashed."""

typed_codes = Table(
    "typed_codes",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("press", BigInteger, ForeignKey("presses.id"), nullable=False),
    Column("device", String(63), nullable=False),
    Column("typed_at", BigInteger, nullable=False),
    Column("code", Text),
    Column("outcome", String(16)),
    UniqueConstraint("press", "typed_at"),
)
"""What was typed; `code` is kept only until it was compared (`outcome`)."""

_UNCHECKED = text("outcome IS NULL")
Index(
    "ix_typed_codes_unchecked",
    typed_codes.c.device,
    typed_codes.c.id,
    sqlite_where=_UNCHECKED,
    postgresql_where=_UNCHECKED,
)

payloads = Table(
    "payloads",
    metadata,
    Column("device", String(63), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("press", BigInteger, ForeignKey("presses.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Panics without a readable id: what has been seen, and the press that it counted to."""

positions = Table(
    "positions",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("device", String(63), nullable=False),
    Column("place", JSON, nullable=False),
    Column("arrived_at", BigInteger, nullable=False),
    Column("report", String(32)),
    Index("uq_positions_incident_report", "incident", "report", unique=True),
)
"""The positions of an incident: what its presses carried, and (with `report`, the tracker's number
of it) what came while it was followed, or before."""

last_places = Table(
    "last_places",
    metadata,
    Column("incident", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("place", JSON, nullable=False),
    Column("arrived_at", BigInteger, nullable=False),
)
"""The best position that was not carried by a press, see `incident.fixes.rank`."""

commands = Table(
    "commands",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("device", String(63), nullable=False),
    Column("action", String(16), nullable=False),
    Column("interval_s", Integer),
    Column("for_s", Integer),
    Column("expires_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ended_at", BigInteger),
    Column("end", String(16)),
    Index("ix_commands_device_created_at", "device", "created_at"),
)
"""What trackers are told while they are followed; repeated until `ended_at`."""

_REPEATED = text("ended_at IS NULL")
Index(
    "ix_commands_repeated",
    commands.c.due_at,
    sqlite_where=_REPEATED,
    postgresql_where=_REPEATED,
)

history = Table(
    "history",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("event", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("actor", String(64)),
    Column("note", Text),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("channel", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("step", Integer),
    Column("position", BigInteger, ForeignKey("positions.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done_at", BigInteger),
    Column("error", Text),
)
"""What is to be sent, and after `done_at` what was; `number` is the incident's count of alerts."""

_PENDING = text("done_at IS NULL")
Index(
    "ix_deliveries_pending",
    deliveries.c.channel,
    deliveries.c.due_at,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)

_DONE = text("done_at IS NOT NULL")
Index("ix_deliveries_done_at", deliveries.c.done_at, sqlite_where=_DONE, postgresql_where=_DONE)

cap_messages = Table(
    "cap_messages",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("identifier", String(64), primary_key=True),
    Column("incident", String(36), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sent", BigInteger, nullable=False, index=True),
    Column("expires", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("refers", JSON, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("positional", Boolean, nullable=False),
    Column("placed_at", BigInteger),
    Index("ix_cap_messages_incident_channel", "incident", "channel"),
)
"""What was said in CAP about each incident; one that was alerted from memory may not exist yet."""

timers = Table(
    "timers",
    metadata,
    Column("incident", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("armed_at", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("alone", Boolean, nullable=False, server_default=false()),
)
"""`escalate`: `step` is the ladder's next rung; `alone`: all were called at once, as no console
was connected. `progress`: patience with an acknowledged one. `expire`: the end of a test."""

attendance = Table(
    "attendance",
    metadata,
    Column("dispatcher", String(128), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
)
"""When a dispatcher last had a person's console connected to it."""

events = Table(
    "events",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("type", String(16), nullable=False),
    Column("incident", String(36), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("txid", BigInteger),
    sqlite_autoincrement=True,
)
"""What consoles are told; numbers are never used again, so that a stream can resume. `txid`: on
PostgreSQL the transaction, filled in by the database, since numbers are committed out of order."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("status", Integer),
    Column("answer", LargeBinary),
    Column("location", String(128)),
)
"""Requests of programs that may be repeated; `request` and `key` are hashes. `status` None: it is
being carried out."""

trackers = Table(
    "trackers",
    metadata,
    Column("device", String(63), primary_key=True),
    Column("status", JSON, nullable=False),
    Column("arrived_at", BigInteger, nullable=False),
    Column("online_boot", String(8)),
    Column("online_connect", BigInteger),
)
"""The last status of each tracker, and the newest `online` that a `lost` must belong to."""
