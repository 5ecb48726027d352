"""Readers pause; they see, move and erase what is held by links of their own; what leaves with time."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("subscribers", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_subscribers_paused_until"), "subscribers", ["paused_until"])
    op.add_column("issues", sa.Column("readers_forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "reader_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_reader_links_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_links")),
        sa.UniqueConstraint("key", name=op.f("uq_reader_links_key")),
    )
    op.create_index(op.f("ix_reader_links_subscriber_id"), "reader_links", ["subscriber_id"])
    op.create_index(op.f("ix_reader_links_valid_until"), "reader_links", ["valid_until"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("reader_links")
    op.drop_column("issues", "readers_forgotten_at")
    op.drop_index(op.f("ix_subscribers_paused_until"), "subscribers")
    op.drop_column("subscribers", "paused_until")
