"""Newsletters by mail: the messages, and which leads each brought."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "newsletters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("message_hash", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_newsletters_source_id_sources"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletters")),
        sa.UniqueConstraint("source_id", "message_hash", name=op.f("uq_newsletters_source_id_message_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_newsletters_received_at"), "newsletters", ["received_at"])
    op.create_index(op.f("ix_newsletters_source_id_received_at"), "newsletters", ["source_id", "received_at"])
    op.create_table(
        "newsletter_leads",
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_newsletter_leads_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletters.id"],
            name=op.f("fk_newsletter_leads_newsletter_id_newsletters"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("newsletter_id", "lead_id", name=op.f("pk_newsletter_leads")),
    )
    op.create_index(op.f("ix_newsletter_leads_lead_id"), "newsletter_leads", ["lead_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("newsletter_leads")
    op.drop_table("newsletters")
