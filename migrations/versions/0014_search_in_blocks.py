"""The search index in blocks of bits, and the archive as columns; whoever indexes next fills them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_IS_STALE = sa.text("coalesce(indexed_version, 0) != version")
_STEM = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.drop_index(op.f("ix_summary_terms_summary_id"), "summary_terms")
    op.drop_table("summary_terms")
    op.create_table(
        "search_postings",
        sa.Column("stem", _STEM, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stem", "block", name=op.f("pk_search_postings")),
    )
    op.create_table(
        "shelf_blocks",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("days", sa.LargeBinary(), nullable=False),
        sa.Column("publications", sa.LargeBinary(), nullable=False),
        sa.Column("topics", sa.LargeBinary(), nullable=False),
        sa.Column("topic_sets", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_shelf_blocks")),
    )
    op.create_table(
        "searched_words",
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_searched_words_summary_id_summaries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("summary_id", name=op.f("pk_searched_words")),
    )
    op.add_column("summaries", sa.Column("indexed_seat", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_summaries_indexed_seat"), "summaries", ["indexed_seat"], unique=True)
    op.execute("UPDATE summaries SET indexed_version = NULL")
    op.create_index("ix_summaries_stale", "summaries", ["id"], sqlite_where=_IS_STALE, postgresql_where=_IS_STALE)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_summaries_stale", "summaries")
    op.execute("UPDATE summaries SET indexed_version = NULL")
    op.drop_index(op.f("ix_summaries_indexed_seat"), "summaries")
    op.drop_column("summaries", "indexed_seat")
    for table in ("searched_words", "shelf_blocks", "search_postings"):
        op.drop_table(table)
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
