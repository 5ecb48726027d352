"""A site moves out in open formats and in again elsewhere: every row of it, and nothing of it is sent twice."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.operations.guard.restore_guard import note_claims
from digest.operations.issues.closing import close_issue
from digest.operations.running.bringing_in import BroughtIn, bring_in
from digest.operations.running.restoring import Age, age_of, recover
from digest.operations.running.site_rows import EMPTIED, LEFT_OUT, python_type
from digest.operations.running.startup import MIGRATIONS
from digest.operations.running.taking_along import take_along
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.guard.installations import count_claims
from digest.storage.issues.issues import issue_for_change, unsent_issues
from digest.storage.running import schema
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_readers, make_subscriber, make_summary
from tests.web.readers.doors import everything

pytestmark = pytest.mark.only_on("sqlite")
ALICE = "alice@digest.test"


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def taken(rows: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """The rows that are to come over, without the columns that are emptied."""
    kept = dict[str, list[tuple[object, ...]]]()
    for name, each in rows.items():
        if name not in LEFT_OUT:
            columns = [column.name in EMPTIED.get(name, ()) for column in schema.metadata.tables[name].columns]
            kept[name] = sorted(
                (tuple(value for value, gone in zip(row, columns, strict=True) if not gone) for row in each), key=repr
            )
    return kept


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """The same keys in another folder."""
    return replace(settings, instance_path=tmp_path / "elsewhere")


@pytest.fixture
def fresh(migrated: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Database]]:
    """Makes a database of this kind that is migrated and empty."""
    with ExitStack() as stack:

        def make(kind: str = "sqlite") -> Database:
            if kind == "postgresql":
                url = stack.enter_context(request.getfixturevalue("postgresql_server").database())
            else:
                (path := tmp_path / f"{new_key()}.db").write_bytes(migrated.read_bytes())
                url = f"sqlite:///{path}"
            return stack.enter_context(closing(Database(url)))

        yield make


@pytest.fixture
def full(db: Database, settings: Settings) -> Database:
    """A site that sends, with a row in every table."""
    make_readers(db, settings, 3)
    frozen_issue(db, settings)
    with db.writing() as session:
        for table in schema.metadata.sorted_tables:
            if not session.execute(select(table).limit(1)).first():
                parents = {column.name: _parent(session, column) for column in table.columns if column.foreign_keys}
                session.execute(insert(table).values(_values(table) | parents))
    return db


def _parent(session: Any, column: Any) -> object:
    (key,) = column.foreign_keys
    return session.execute(select(key.column).limit(1)).scalar_one_or_none()


def _values(table: Table) -> dict[str, object]:
    made: dict[type, object] = {
        datetime: datetime(2024, 5, 15, 8, 0, 0, 1, tzinfo=UTC), date: date(2024, 5, 15), bytes: b"\0\xff",
        float: 1.1, bool: True, int: 7, str: "é\n\u2028",
    }  # fmt: skip
    return {column.name: made[python_type(column)] for column in table.columns}


def frozen_issue(db: Database, settings: Settings) -> None:
    issue = make_issue(db, summary_ids=[make_summary(db, "Zoë’s <story>")])
    close_issue(Context(db, settings, TUESDAY), issue, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue, ALICE, batch_size=2) is Freeze.FROZEN


def exported(db: Database, settings: Settings, folder: Path, with_keys: bool = False) -> Path:
    take_along(Context(db, settings, TUESDAY), folder, MIGRATIONS, with_keys)
    return folder


def imported(target: Database, settings: Settings, folder: Path, nothing_left_since: bool = False) -> BroughtIn:
    return bring_in(settings, target, folder, MIGRATIONS, nothing_left_since)


def test_every_row_of_every_table_comes_over_to_either_database(
    full: Database,
    settings: Settings,
    elsewhere: Settings,
    fresh: Callable[..., Database],
    tmp_path: Path,
) -> None:
    before, first = everything(full), exported(full, settings, tmp_path / "first")
    assert {name for name, rows in before.items() if not rows} == set()
    for kind in ("postgresql", "sqlite"):
        target = fresh(kind)
        done = imported(target, elsewhere, first)
        after = everything(target)
        assert taken(after) == taken(before)
        assert [name for name in LEFT_OUT if after[name]] == []
        assert set(done.manifest.tables) | set(LEFT_OUT) == set(schema.metadata.tables)
        again = contents(exported(target, elsewhere, tmp_path / f"from {kind}"))
        exact = {name for name in again if kind == "sqlite" or name.startswith("tables/")}
        assert {name: again[name] for name in exact} == {name: contents(first)[name] for name in exact}
        assert schema.differences(target) == []


def test_no_id_is_handed_out_twice(
    db: Database, settings: Settings, elsewhere: Settings, fresh: Callable[..., Database], tmp_path: Path
) -> None:
    kept, erased = make_subscriber(db, settings), make_subscriber(db, settings)
    with db.writing() as session:
        session.delete(session.get_one(type(erased), erased.id))
    target = fresh()
    imported(target, elsewhere, exported(db, settings, tmp_path / "site"))
    assert kept.id < erased.id < make_subscriber(target, settings).id


def test_what_may_have_gone_since_waits_for_a_person(
    db: Database, settings: Settings, elsewhere: Settings, fresh: Callable[..., Database], tmp_path: Path
) -> None:
    make_readers(db, settings, 3)
    frozen_issue(db, settings)
    with db.reading() as session:
        next_week = unsent_issues(session)[0].id
    folder = exported(db, settings, tmp_path / "site")
    target = fresh()
    assert imported(target, elsewhere, folder).is_doubtful
    recovered = recover(Context(target, elsewhere, TUESDAY))
    assert recovered is not None
    assert (recovered.issues, recovered.batches) == ((date(2024, 5, 24),), 2)
    with target.reading() as session:
        assert issue_for_change(session, next_week).held_by == "a restored backup"

    believed, here = fresh(), replace(elsewhere, instance_path=tmp_path / "a third")
    assert not imported(believed, here, folder, nothing_left_since=True).is_doubtful
    assert recover(Context(believed, here, TUESDAY)) is None
    with believed.reading() as session:
        assert [issue.on_hold for issue in unsent_issues(session)] == [False]


def test_an_import_that_fails_at_its_end_vouches_for_no_later_one(
    db: Database, settings: Settings, elsewhere: Settings, fresh: Callable[..., Database], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    make_readers(db, settings, 1)
    frozen_issue(db, settings)
    folder, target = exported(db, settings, tmp_path / "site"), fresh()
    writing = target.writing

    @contextmanager
    def full() -> Iterator[Session]:
        with writing() as session:
            yield session
            raise OSError(28, "the disk is full")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="full"):
        broken.setattr(target, "writing", full)
        imported(target, elsewhere, folder, nothing_left_since=True)
    assert imported(target, elsewhere, folder).is_doubtful
    assert not imported(fresh(), elsewhere, folder, nothing_left_since=True).is_doubtful


def test_claims_that_are_newer_than_the_export_are_believed(
    db: Database, settings: Settings, fresh: Callable[..., Database], tmp_path: Path
) -> None:
    folder = exported(db, settings, tmp_path / "site")
    with db.writing() as session:
        count = count_claims(session, 1)
    note_claims(settings, count)
    assert imported(target := fresh(), settings, folder).is_doubtful
    assert age_of(target, settings) is Age.OLDER


def test_half_an_import_leaves_an_empty_place(
    db: Database, settings: Settings, elsewhere: Settings, fresh: Callable[..., Database], tmp_path: Path
) -> None:
    make_readers(db, settings, 2)
    folder, target = exported(db, settings, tmp_path / "site"), fresh()
    table = folder / "tables" / "suppressions.jsonl"
    table.write_text('{"address_hash":"x"}\n')
    with pytest.raises(Refused, match=r"suppressions\.jsonl is not what was exported"):
        imported(target, elsewhere, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sums"]["tables/suppressions.jsonl"] = sha256(table.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Refused, match=r"line 1 has other columns than the table has\. Nothing"):
        imported(target, elsewhere, folder)
    assert {name for name, rows in everything(target).items() if rows} == {"installation"}


def test_a_place_that_holds_anything_is_left_alone(
    db: Database, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    make_readers(db, settings, 1)
    folder, before = exported(db, settings, tmp_path / "site"), everything(db)
    with pytest.raises(Refused, match=r"has content already \(in subscribers\). Nothing was imported"):
        imported(db, elsewhere, folder)
    assert everything(db) == before
    with pytest.raises(Refused, match="is there already, and holds something"):
        exported(db, settings, folder)
    (tmp_path / "new").mkdir()
    exported(db, settings, tmp_path / "new")


def test_another_key_is_refused_since_nobody_suppressed_would_be_known(
    db: Database, settings: Settings, elsewhere: Settings, fresh: Callable[..., Database], tmp_path: Path
) -> None:
    folder, target = exported(db, settings, tmp_path / "site"), fresh()
    with pytest.raises(Refused, match="SUPPRESSION_KEY is not the old site’s"):
        imported(target, replace(elsewhere, suppression_key="another key, of another site"), folder)
    with pytest.raises(Refused, match="SUPPRESSION_KEY is not set, and not in the export"):
        imported(target, replace(elsewhere, suppression_key=""), folder)
    done = imported(target, replace(elsewhere, secret_key="another key, of another site"), folder)
    assert not done.old_links_work


def test_an_export_is_for_its_owner_alone_and_appears_whole_or_not_at_all(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    with monkeypatch.context() as broken, pytest.raises(OSError, match="full"):
        broken.setattr("digest.operations.running.taking_along.write_manifest", _fail)
        exported(db, settings, tmp_path / "site")
    assert [path.name for path in tmp_path.rglob("*site*")] == ["site"], "as empty as it was"
    umask = os.umask(0)
    try:
        folder = exported(db, settings, tmp_path / "site", with_keys=True)
    finally:
        os.umask(umask)
    assert {oct(path.stat().st_mode & 0o777) for path in (folder, *folder.rglob("*")) if path.is_dir()} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*") if path.is_file()} == {"0o600"}
    assert (folder / "keys" / "secret_key").read_text() == settings.secret_key
    readme = (folder / "README.md").read_text()
    assert {name for name in LEFT_OUT if f"`{name}`" not in readme} == set()
    assert settings.secret_key not in (folder / "manifest.json").read_text()


def test_what_a_killed_export_left_goes_and_two_at_once_do_not_mix(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    killed = tmp_path / ".site.unfinished" / "tables"
    killed.mkdir(parents=True)
    (killed / "subscribers.jsonl").write_text("rita@reader.test")
    (killed.parent / "README.md").write_text("half")
    other = os.open(killed.parent, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(Refused, match="is being written by another export"):
        exported(db, settings, tmp_path / "site")
    os.close(other)
    assert "half" not in (exported(db, settings, tmp_path / "site") / "README.md").read_text()
    assert [path.name for path in tmp_path.glob("*site*")] == ["site"]


def _fail(*_: object) -> None:
    raise OSError(28, "the disk is full")
