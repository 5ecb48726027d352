"""Messages that the form causes: for which mailbox, and not before when; links: until when they are good."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LIFETIME = timedelta(days=7)

_SIGNUPS = sa.table(
    "signups",
    sa.column("id", sa.Integer()),
    sa.column("asked_at", sa.DateTime(timezone=True)),
    sa.column("valid_until", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Apply."""
    op.add_column("messages", sa.Column("mailbox", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_messages_mailbox_not_before"), "messages", ["mailbox", "not_before"], unique=False)
    op.drop_index(op.f("ix_messages_state_retry_at"), table_name="messages")
    op.create_index(
        op.f("ix_messages_state_not_before_retry_at"), "messages", ["state", "not_before", "retry_at"], unique=False
    )
    op.create_index(op.f("ix_messages_state_tries"), "messages", ["state", "tries"], unique=False)
    op.create_index(op.f("ix_messages_recipient"), "messages", ["recipient"], unique=False)
    op.create_index(op.f("ix_messages_finished_at_not_before"), "messages", ["finished_at", "not_before"], unique=False)
    op.add_column("editors", sa.Column("password_key_made_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("signups", sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    for signup_id, asked_at in connection.execute(sa.select(_SIGNUPS.c.id, _SIGNUPS.c.asked_at)).all():
        connection.execute(
            sa.update(_SIGNUPS).where(_SIGNUPS.c.id == signup_id).values(valid_until=asked_at + _LIFETIME)
        )
    with op.batch_alter_table("signups") as signups:
        signups.alter_column("valid_until", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    """Undo."""
    op.drop_column("editors", "password_key_made_at")
    op.drop_column("signups", "valid_until")
    op.drop_index(op.f("ix_messages_finished_at_not_before"), table_name="messages")
    op.drop_index(op.f("ix_messages_recipient"), table_name="messages")
    op.drop_index(op.f("ix_messages_state_tries"), table_name="messages")
    op.drop_index(op.f("ix_messages_state_not_before_retry_at"), table_name="messages")
    op.create_index(op.f("ix_messages_state_retry_at"), "messages", ["state", "retry_at"], unique=False)
    op.drop_index(op.f("ix_messages_mailbox_not_before"), table_name="messages")
    op.drop_column("messages", "not_before")
    op.drop_column("messages", "mailbox")
