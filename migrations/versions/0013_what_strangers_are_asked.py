"""Requests to publishers that somebody waits for, what they answered an editor, and what sitemaps have had."""

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
    op.create_table(
        "kept_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer", sa.String(length=32), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("fresh_for", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["editor_id"], ["editors.id"], name=op.f("fk_kept_answers_editor_id_editors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
    )
    for column in ("offer", "editor_id", "kept_at"):
        op.create_index(op.f(f"ix_kept_answers_{column}"), "kept_answers", [column])
    op.create_table(
        "sitemap_memories",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("seen", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_sitemap_memories_source_id_sources"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_sitemap_memories")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("sitemap_memories")
    op.drop_table("kept_answers")
    op.drop_table("host_visits")
