"""Other names of publications and topics, the slugs they had before, and how each name is spelt."""

import sqlalchemy as sa
from alembic import op

from digest.domain.shared.slugs import spelling  # the same for every row, now and later: a change of it respells all

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KINDS = (("publication", "publications"), ("topic", "topics"))


def upgrade() -> None:
    """Apply."""
    for kind, table in _KINDS:
        for name, columns in (
            (f"{kind}_aliases", [("spelling", 200), ("name", 200)]),
            (f"{kind}_slugs", [("slug", 100)]),
        ):
            op.create_table(
                name,
                *(sa.Column(column, sa.String(length=length), nullable=False) for column, length in columns),
                sa.Column("owner_id", sa.Integer(), nullable=False),
                sa.ForeignKeyConstraint(
                    ["owner_id"], [f"{table}.id"], name=op.f(f"fk_{name}_owner_id_{table}"), ondelete="CASCADE"
                ),
                sa.PrimaryKeyConstraint(columns[0][0], name=op.f(f"pk_{name}")),
            )
            op.create_index(op.f(f"ix_{name}_owner_id"), name, ["owner_id"])
        op.add_column(table, sa.Column("spelling", sa.String(length=200), nullable=False, server_default=""))
        _spell(table)
        op.create_index(op.f(f"ix_{table}_spelling"), table, ["spelling"])


def downgrade() -> None:
    """Undo."""
    for kind, table in _KINDS:
        op.drop_index(op.f(f"ix_{table}_spelling"), table)
        op.drop_column(table, "spelling")
        op.drop_table(f"{kind}_slugs")
        op.drop_table(f"{kind}_aliases")


def _spell(table: str) -> None:
    named = sa.table(table, sa.column("id", sa.Integer), sa.column("name", sa.String), sa.column("spelling", sa.String))
    rows = op.get_bind().execute(sa.select(named.c.id, named.c.name)).all()
    if rows:
        op.get_bind().execute(
            named.update().where(named.c.id == sa.bindparam("row")).values(spelling=sa.bindparam("spelt")),
            [{"row": row.id, "spelt": spelling(row.name)} for row in rows],
        )
