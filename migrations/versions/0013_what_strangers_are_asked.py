"""Requests to publishers that are under way for somebody who waits."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "host_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_visits")),
    )
    op.create_index(op.f("ix_host_visits_host"), "host_visits", ["host"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("host_visits")
