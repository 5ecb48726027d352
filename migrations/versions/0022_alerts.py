"""Alerts: what is wrong or was, by cause, so that it is told once."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alerts",
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("good_for", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_alerts")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("alerts")
