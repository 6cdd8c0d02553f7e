"""What operators do together: assignment, hand-over, transfer, links, and holders' codes."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
