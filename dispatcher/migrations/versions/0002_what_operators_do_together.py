"""What operators do together: assignment, hand-over, transfer, links, and holders' codes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _incidents()
    _presses()
    _links()
    _codes()


def _incidents() -> None:
    unheeded = sa.Column("unheeded", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("incidents", unheeded)
    for name in ("assigned", "transfer"):
        op.add_column("incidents", sa.Column(f"{name}_to", sa.String(64)))
        op.add_column("incidents", sa.Column(f"{name}_by", sa.String(64)))
        op.add_column("incidents", sa.Column(f"{name}_at", sa.BigInteger))
    op.add_column("incidents", sa.Column("merged_into", sa.String(36)))
    op.create_index("ix_incidents_merged_into", "incidents", ["merged_into"])


def _presses() -> None:
    op.add_column("presses", sa.Column("committed_at", sa.BigInteger))
    op.add_column("presses", sa.Column("cancel", sa.String(16)))


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("incident", sa.String(36), nullable=False),
        sa.Column("other", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64)),
        sa.PrimaryKeyConstraint("incident", "other", name="pk_links"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_links_incident_incidents"),
        sa.ForeignKeyConstraint(["other"], ["incidents.id"], name="fk_links_other_incidents"),
    )


def _codes() -> None:
    op.create_table(
        "cancel_codes",
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("pin_hash", sa.Text, nullable=False),
        sa.Column("duress_hash", sa.Text, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", name="pk_cancel_codes"),
    )
    op.create_table(
        "typed_codes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("press", sa.BigInteger, nullable=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("typed_at", sa.BigInteger, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("outcome", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_typed_codes"),
        sa.ForeignKeyConstraint(["press"], ["presses.id"], name="fk_typed_codes_press_presses"),
        sa.UniqueConstraint("press", "typed_at", name="uq_typed_codes_press_typed_at"),
    )
    unchecked = sa.text("outcome IS NULL")
    op.create_index(
        "ix_typed_codes_unchecked", "typed_codes", ["device", "id"],
        sqlite_where=unchecked, postgresql_where=unchecked,
    )  # fmt: skip
