"""What several channels of one kind need beside their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cap_messages",
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("identifier", sa.String(64), nullable=False),
        sa.Column("incident", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sent", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("refers", sa.JSON, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("positional", sa.Boolean, nullable=False),
        sa.Column("placed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("channel", "identifier", name="pk_cap_messages"),
    )
    op.create_index("ix_cap_messages_incident_channel", "cap_messages", ["incident", "channel"])
    op.create_index("ix_cap_messages_sent", "cap_messages", ["sent"])
    op.create_index(
        "ix_deliveries_done_at",
        "deliveries",
        ["done_at"],
        sqlite_where=sa.text("done_at IS NOT NULL"),
        postgresql_where=sa.text("done_at IS NOT NULL"),
    )
