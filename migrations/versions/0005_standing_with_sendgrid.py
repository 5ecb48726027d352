"""How the account with SendGrid stands: what it last said, and whether an admin has put the notice away."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "standings",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("word", sa.String(length=50), nullable=False),
        sa.Column("well", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=100), nullable=False),
        sa.Column("dismissed_by", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_standings")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("standings")
