"""Readers for admins: lists of a million by key, files on their way in, rows that were refused."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_index(op.f("ix_subscribers_state"), table_name="subscribers")
    op.create_index(op.f("ix_subscribers_state_id"), "subscribers", ["state", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_subscribers_beginning", "subscribers", ["address"], postgresql_ops={"address": "text_pattern_ops"}
        )
    op.create_index(op.f("ix_suppressions_at_address_hash"), "suppressions", ["at", "address_hash"])
    op.create_table(
        "reader_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("ignored", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("tally", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_imports")),
        sa.UniqueConstraint("key", name=op.f("uq_reader_imports_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "import_refusals",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["reader_imports.id"],
            name=op.f("fk_import_refusals_import_id_reader_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_refusals")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("import_refusals")
    op.drop_table("reader_imports")
    op.drop_index(op.f("ix_suppressions_at_address_hash"), table_name="suppressions")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_subscribers_beginning", table_name="subscribers")
    op.drop_index(op.f("ix_subscribers_state_id"), table_name="subscribers")
    op.create_index(op.f("ix_subscribers_state"), "subscribers", ["state"])
