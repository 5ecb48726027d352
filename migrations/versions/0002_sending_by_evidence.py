"""What sending needs to settle doubts by evidence: pace, causes, what events said, decisions, and the epoch."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEYS = {
    "fk_deliveries_issue_id_issues": ("issue_id", "issues"),
    "fk_deliveries_batch_id_batches": ("batch_id", "batches"),
}
"""Checked a row at a time, they cost half of a freeze, which counts its copies by batch before it is committed."""

_ADDED = {
    "issues": (
        sa.Column("pace", sa.Double(), nullable=True),
        sa.Column("pace_gentle", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("probe_key", sa.String(length=32), nullable=False, server_default=""),
        sa.Column("probe_at", sa.Double(), nullable=False, server_default="0"),
        sa.Column("probe_tries", sa.Integer(), nullable=False, server_default="0"),
    ),
    "batches": (
        sa.Column("cause", sa.String(length=20), nullable=False, server_default=""),
        sa.Column("accepted_at", sa.Double(), nullable=True),
        sa.Column("unknown_at", sa.Double(), nullable=True),
        sa.Column("heard_at", sa.Double(), nullable=True),
    ),
    "deliveries": (
        sa.Column("fate", sa.String(length=12), nullable=True),
        sa.Column("fate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fate_reason", sa.String(length=500), nullable=True),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
    ),
    "heartbeats": (sa.Column("since", sa.Double(), nullable=True),),
    "messages": (
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("again_before", sa.DateTime(timezone=True), nullable=True),
    ),
}


def upgrade() -> None:
    """Apply."""
    for table, columns in _ADDED.items():
        for column in columns:
            op.add_column(table, column)
    with op.batch_alter_table("deliveries") as deliveries:
        for name in _KEYS:
            deliveries.drop_constraint(name, type_="foreignkey")
    op.create_table(
        "settlements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_settlements_batch_id_batches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    op.create_index(op.f("ix_settlements_batch_id"), "settlements", ["batch_id"], unique=False)
    installation = op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("lists_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.bulk_insert(installation, [{"id": 1, "epoch": secrets.token_hex(16), "claims": 0}])
    op.create_table(
        "journals_read",
        sa.Column("journal", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journal", name=op.f("pk_journals_read")),
    )
    op.create_index(op.f("ix_subscribers_address_hash"), "subscribers", ["address_hash"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_subscribers_address_hash"), table_name="subscribers")
    op.drop_table("journals_read")
    op.drop_table("installation")
    op.drop_index(op.f("ix_settlements_batch_id"), table_name="settlements")
    op.drop_table("settlements")
    with op.batch_alter_table("deliveries") as deliveries:
        for key, (child, parent) in _KEYS.items():
            deliveries.create_foreign_key(key, parent, [child], ["id"], ondelete="CASCADE")
    for table, columns in reversed(_ADDED.items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
