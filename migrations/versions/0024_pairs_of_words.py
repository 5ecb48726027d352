"""Pairs of words, by which a phrase is found; of what is indexed already the clock finds them, a block at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_IS_UNPAIRED = sa.text("NOT paired")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "word_pairs",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", "bucket", name=op.f("pk_word_pairs")),
    )
    op.add_column("searched_words", sa.Column("paired", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_searched_words_unpaired", "searched_words", ["summary_id"],
        sqlite_where=_IS_UNPAIRED, postgresql_where=_IS_UNPAIRED,
    )  # fmt: skip


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_searched_words_unpaired", "searched_words")
    op.drop_column("searched_words", "paired")
    op.drop_table("word_pairs")
