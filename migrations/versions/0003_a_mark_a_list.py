"""How far each of SendGrid's suppression lists was read: a mark a list, in place of one for all."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NAMES = ("bounces", "spam_reports", "invalid_emails")
_OVERLAP = timedelta(hours=48)
"""The mark for all was the moment of the reading; that of a list is the moment to read on from."""

_INSTALLATION = sa.table("installation", sa.column("lists_read_at", sa.DateTime(timezone=True)))


def upgrade() -> None:
    """Apply."""
    lists_read = op.create_table(
        "lists_read",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("read_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lists_read")),
    )
    read_at = op.get_bind().execute(sa.select(_INSTALLATION.c.lists_read_at)).scalar_one()
    if read_at:
        op.bulk_insert(lists_read, [{"name": name, "read_to": read_at - _OVERLAP} for name in _NAMES])
    op.drop_column("installation", "lists_read_at")


def downgrade() -> None:
    """Undo."""
    lists_read = sa.table("lists_read", sa.column("read_to", sa.DateTime(timezone=True)))
    op.add_column("installation", sa.Column("lists_read_at", sa.DateTime(timezone=True), nullable=True))
    marks = op.get_bind().execute(sa.select(lists_read.c.read_to)).scalars().all()
    if len(marks) == len(_NAMES):
        op.execute(sa.update(_INSTALLATION).values(lists_read_at=min(marks) + _OVERLAP))
    op.drop_table("lists_read")
