"""Outgoing events: what the operator's own service is still to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "outgoing_events",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("retry_at", sa.Double(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_outgoing_events_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_events")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_events_key")),
    )
    op.create_index(op.f("ix_outgoing_events_retry_at"), "outgoing_events", ["retry_at"])
    op.create_index(op.f("ix_outgoing_events_subscriber_id"), "outgoing_events", ["subscriber_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("outgoing_events")
