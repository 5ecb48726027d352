"""An archive to cite: what is known of source links, past issues from elsewhere, and what feeds' ids are made of."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_IS_TAKEN_BACK = sa.text("kind = 'taken back'")
_NAMED = ("publications", "topics")


def upgrade() -> None:
    """Apply."""
    op.add_column("source_links", sa.Column("language", sa.String(length=35), nullable=False, server_default=""))
    op.add_column("source_links", sa.Column("subscription_needed", sa.Boolean(), nullable=True))
    op.add_column("source_links", sa.Column("archived_url", sa.Text(), nullable=False, server_default=""))
    op.add_column("source_links", sa.Column("health", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("source_links", sa.Column("health_words", sa.String(length=500), nullable=False, server_default=""))
    op.add_column("source_links", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("source_links", sa.Column("check_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("source_links", sa.Column("described_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_source_links_health"), "source_links", ["health"])
    op.create_index(op.f("ix_source_links_check_at"), "source_links", ["check_at"])
    op.add_column("issues", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("issues", sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True))
    for name in _NAMED:
        op.add_column(name, sa.Column("feed_slug", sa.String(length=100), nullable=True))
        op.add_column(name, sa.Column("renamed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_revisions_taken_back", "revisions", ["at"], sqlite_where=_IS_TAKEN_BACK, postgresql_where=_IS_TAKEN_BACK
    )
    op.create_index("ix_summaries_in_order", "summaries", ["published_on", "id"])
    op.drop_index(op.f("ix_summaries_published_on"), table_name="summaries")
    op.add_column("installation", sa.Column("feed_root", sa.String(length=500), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo."""
    op.drop_column("installation", "feed_root")
    op.create_index(op.f("ix_summaries_published_on"), "summaries", ["published_on"])
    op.drop_index("ix_summaries_in_order", table_name="summaries")
    op.drop_index("ix_revisions_taken_back", table_name="revisions")
    for name in _NAMED:
        op.drop_column(name, "renamed_at")
        op.drop_column(name, "feed_slug")
    op.drop_column("issues", "imported_at")
    op.drop_column("issues", "number")
    op.drop_index(op.f("ix_source_links_check_at"), table_name="source_links")
    op.drop_index(op.f("ix_source_links_health"), table_name="source_links")
    for name in (
        "described_at", "check_at", "checked_at", "health_words", "health", "archived_url", "subscription_needed",
        "language",
    ):  # fmt: skip
        op.drop_column("source_links", name)
