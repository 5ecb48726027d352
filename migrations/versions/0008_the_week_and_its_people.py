"""The week: sections, closing note, undo, links looked at, overrides. People: who may send, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Whoever is an editor could approve and send so far, and goes on to."""
    op.add_column("issues", sa.Column("closing_note", sa.Text(), nullable=False, server_default=""))
    op.add_column("issues", sa.Column("by_topic", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("issues", sa.Column("acts", sa.Text(), nullable=False, server_default=""))
    op.add_column("closings", sa.Column("override", sa.String(length=500), nullable=False, server_default=""))
    op.add_column("editors", sa.Column("may_send", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "link_checks",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_link_checks")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("link_checks")
    with op.batch_alter_table("editors") as table:
        table.drop_column("may_send")
    with op.batch_alter_table("closings") as table:
        table.drop_column("override")
    with op.batch_alter_table("issues") as table:
        table.drop_column("acts")
        table.drop_column("by_topic")
        table.drop_column("closing_note")
