"""What is typed is kept beside, from which form a summary was made, who writes, and what became of the published."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("summaries", sa.Column("form_key", sa.String(length=32), nullable=True))
    op.add_column("summaries", sa.Column("saved_from", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("summaries", sa.Column("saved_by", sa.String(length=254), nullable=False, server_default=""))
    op.create_index(op.f("ix_summaries_form_key"), "summaries", ["form_key"], unique=True)
    _working_copies()
    _writers_seen()
    _revisions()
    _ends()


def downgrade() -> None:
    """Undo."""
    for table in ("withdrawals", "supersedings", "revisions", "writers_seen", "working_copies"):
        op.drop_table(table)
    op.drop_index(op.f("ix_summaries_form_key"), table_name="summaries")
    for column in ("saved_by", "saved_from", "form_key"):
        op.drop_column("summaries", column)


def _working_copies() -> None:
    op.create_table(
        "working_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=32), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=True),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["editor_id"], ["editors.id"], name=op.f("fk_working_copies_editor_id_editors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_working_copies_summary_id_summaries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_copies")),
        sa.UniqueConstraint("form_key", name=op.f("uq_working_copies_form_key")),
        sa.UniqueConstraint("summary_id", "editor_id", name=op.f("uq_working_copies_summary_id_editor_id")),
    )


def _writers_seen() -> None:
    op.create_table(
        "writers_seen",
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["editor_id"], ["editors.id"], name=op.f("fk_writers_seen_editor_id_editors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_writers_seen_summary_id_summaries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("summary_id", "editor_id", name=op.f("pk_writers_seen")),
    )


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_revisions_summary_id_summaries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_summary_id"), "revisions", ["summary_id"], unique=False)


def _ends() -> None:
    op.create_table(
        "supersedings",
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("newer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["newer_id"], ["summaries.id"], name=op.f("fk_supersedings_newer_id_summaries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_supersedings_summary_id_summaries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("summary_id", name=op.f("pk_supersedings")),
    )
    op.create_index(op.f("ix_supersedings_newer_id"), "supersedings", ["newer_id"], unique=False)
    op.create_table(
        "withdrawals",
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["summary_id"], ["summaries.id"], name=op.f("fk_withdrawals_summary_id_summaries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("summary_id", name=op.f("pk_withdrawals")),
    )
