"""Commands to trackers, positions of followed ones, jurisdictions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incidents", sa.Column("jurisdiction", sa.String(64)))
    op.add_column("incidents", sa.Column("transferred_at", sa.BigInteger))
    op.add_column("positions", sa.Column("report", sa.String(32)))
    op.create_index(
        "uq_positions_incident_report", "positions", ["incident", "report"], unique=True
    )
    op.create_table(
        "last_places",
        sa.Column("incident", sa.String(36), nullable=False),
        sa.Column("place", sa.JSON, nullable=False),
        sa.Column("arrived_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_last_places"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_last_places_incident"),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("interval_s", sa.Integer),
        sa.Column("for_s", sa.Integer),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("end", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_commands"),
    )
    op.create_index("ix_commands_created_at", "commands", ["created_at"])
    op.create_index("ix_commands_device_created_at", "commands", ["device", "created_at"])
    repeated = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_commands_repeated", "commands", ["due_at"],
        sqlite_where=repeated, postgresql_where=repeated,
    )  # fmt: skip
