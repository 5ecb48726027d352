"""Being the only one who does something: let go by whatever ends it, and what went wrong meanwhile is told."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from digest.storage.base.database import Database


def test_only_one_at_a_time_is_let_in(db: Database) -> None:
    with db.alone("import") as first, db.alone("import") as second:
        assert (first, second) == (True, False)
    with db.alone("import") as again:
        assert again


@pytest.mark.only_on("postgresql")
def test_server_that_is_gone_does_not_hide_what_went_wrong(db: Database) -> None:
    with pytest.raises(RuntimeError, match="what went wrong"), db.alone("import"):
        with db.writing() as session:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            session.execute(text(f"{others} AND datname = current_database()"))
        raise RuntimeError("what went wrong")
