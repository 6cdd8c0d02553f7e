"""What the ladder keeps beside its timers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    step = sa.Column("step", sa.Integer, nullable=False, server_default=sa.text("0"))
    op.add_column("incidents", step)
    op.add_column("incidents", sa.Column("called", sa.JSON))
    op.add_column("incidents", sa.Column("review_at", sa.BigInteger))
    alone = sa.Column("alone", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("timers", alone)
    op.create_table(
        "attendance",
        sa.Column("dispatcher", sa.String(128), nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("dispatcher", name="pk_attendance"),
    )
