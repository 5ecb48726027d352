"""The archive's search index, and canonical addresses of source links; both are filled by whoever indexes next."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "summary_terms",
        sa.Column("stem", sa.String(length=40), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_summary_terms_summary_id_summaries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stem", "summary_id", name=op.f("pk_summary_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_summary_terms_summary_id"), "summary_terms", ["summary_id"])
    op.add_column("summaries", sa.Column("indexed_version", sa.Integer(), nullable=True))
    op.add_column("source_links", sa.Column("canonical", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_source_links_canonical"), "source_links", ["canonical"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_source_links_canonical"), "source_links")
    op.drop_column("source_links", "canonical")
    op.drop_column("summaries", "indexed_version")
    op.drop_table("summary_terms")
