"""What the desk says of the publication, and the publication as a digest was closed under it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "branding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("tagline", sa.String(length=160), nullable=False),
        sa.Column("accent", sa.String(length=7), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("sign_up", sa.String(length=300), nullable=False),
        sa.Column("logo_kind", sa.String(length=3), nullable=False),
        sa.Column("logo_key", sa.String(length=32), nullable=False),
        sa.Column("logo_width", sa.Integer(), nullable=False),
        sa.Column("logo_height", sa.Integer(), nullable=False),
        sa.Column("logo_says_name", sa.Boolean(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branding")),
    )
    op.add_column("closings", sa.Column("branding", sa.Text(), nullable=False, server_default=""))
    op.add_column("issues", sa.Column("sender_name", sa.String(length=80), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("issues") as issues:
        issues.drop_column("sender_name")
    with op.batch_alter_table("closings") as closings:
        closings.drop_column("branding")
    op.drop_table("branding")
