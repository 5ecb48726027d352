"""`digest backup` and `digest restore`, as an operator runs them while the site and a send go on."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from digest import config
from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.running.startup import open_database
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from tests import postgresql
from tests.cli.shell import Shell, select_one
from tests.factories import make_readers
from tests.loopback.faults import Unauthorized
from tests.loopback.sendgrid import LoopbackSendGrid

pytestmark = pytest.mark.on_both

READERS = 2_500


@pytest.fixture
def shell(shell: Shell, ours: Database) -> Shell:  # noqa: ARG001 - the installation that is backed up
    """With PostgreSQL's own programs, as its client package brings them."""
    return Shell(shell.environ | {"PATH": f"{postgresql.programs()}:{shell.environ['PATH']}"})


@pytest.fixture
def ours(db: Database, settings: Settings) -> Database:
    make_readers(db, settings, READERS)
    select_one(db, settings)
    return db


@pytest.fixture
def elsewhere(shell: Shell, settings: Settings, tmp_path: Path) -> Iterator[Shell]:
    """A new machine: an empty folder, and on PostgreSQL an empty database."""
    environ = shell.environ | {"INSTANCE_PATH": str(tmp_path / "elsewhere")}
    if settings.database_url.startswith("sqlite"):
        yield Shell(environ)
        return
    url = postgresql.make_empty_beside(settings.database_url)
    yield Shell(environ | {"DATABASE_URL": url})
    postgresql.drop_database(url)


def opened(place: Shell) -> Database:
    """The installation there, as it is after its next start."""
    return open_database(config.load(place.environ))


def test_a_backup_restored_elsewhere_is_the_same_installation_and_sends_nothing_by_itself(
    shell: Shell, elsewhere: Shell, tmp_path: Path, sendgrid: LoopbackSendGrid
) -> None:
    file = tmp_path / "digest.backup"
    status, out, err = shell.run("backup", str(file))
    assert (status, err) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    rows = out.rpartition(" bytes, ")[2].partition(" rows of ")[0]
    assert shell.run("backup", "--check", str(file))[1].startswith(
        f"{file} is whole: {rows} rows of http://digest.test"
    )

    status, out, err = elsewhere.run("restore", str(file))
    assert (status, err) == (0, "")
    assert out.startswith(f"Restored: {rows} rows of ")
    assert "puts such issues on hold" in out
    assert elsewhere.run("subscribers", "export")[1] == shell.run("subscribers", "export")[1]
    with closing(opened(elsewhere)) as there, there.reading() as session:
        issue = current_issue(session)
        assert issue is not None
        assert issue.on_hold
    assert elsewhere.run("send")[0] == 4
    assert sendgrid.addresses() == []


def test_who_stopped_the_old_one_first_goes_on_by_itself(
    shell: Shell, elsewhere: Shell, tmp_path: Path, sendgrid: LoopbackSendGrid
) -> None:
    file = str(tmp_path / "digest.backup")
    shell.run("subscribers", "show", "nobody@example.org")  # the first start makes the claims file
    assert shell.run("backup", file)[0] == 0
    status, out, _ = elsewhere.run("restore", "--nothing-left-since", file)
    assert status == 0
    assert "hold" not in out
    assert elsewhere.run("send")[0] == 0
    assert len(sendgrid.addresses()) == READERS


def test_a_backup_from_the_middle_of_a_send_restored_elsewhere_mails_nobody_twice(
    shell: Shell, elsewhere: Shell, tmp_path: Path, sendgrid: LoopbackSendGrid
) -> None:
    one_at_a_time = Shell(shell.environ | {"SEND_CONCURRENCY": "1"})
    file = str(tmp_path / "digest.backup")
    sendgrid.misbehave(Unauthorized(), nth=2)
    one_at_a_time.run("send")
    assert 0 < len(sendgrid.addresses()) < READERS
    assert shell.run("backup", file)[0] == 0
    assert one_at_a_time.run("send")[0] == 0
    assert len(sendgrid.addresses()) == READERS
    assert elsewhere.run("restore", file)[0] == 0
    assert elsewhere.run("send")[0] == 3
    assert len(sendgrid.addresses()) == READERS


def test_who_left_after_the_backup_stays_out_by_the_journal_that_is_there(
    ours: Database, shell: Shell, elsewhere: Shell, settings: Settings, tmp_path: Path
) -> None:
    file = str(tmp_path / "digest.backup")
    with ours.reading() as session:
        email = session.scalars(select(Subscriber.email).order_by(Subscriber.id)).first()
    assert email is not None
    assert shell.run("backup", file)[0] == 0
    note_parting(settings, datetime.now(UTC), Parting.UNSUBSCRIBED, [fingerprint(email, settings.suppression_key)])
    newer = Path(elsewhere.environ["INSTANCE_PATH"])
    newer.mkdir(mode=0o700)
    (newer / "journal.jsonl").write_bytes((settings.instance_path / "journal.jsonl").read_bytes())
    assert elsewhere.run("restore", file)[0] == 0
    with closing(opened(elsewhere)) as there, there.reading() as session:
        found = session.scalars(select(Subscriber).where(Subscriber.email == email)).one()
        assert found.state == SubscriberState.UNSUBSCRIBED


@pytest.mark.only_on("sqlite")
def test_a_damaged_backup_is_named_and_never_restored(shell: Shell, elsewhere: Shell, tmp_path: Path) -> None:
    file = tmp_path / "digest.backup"
    shell.run("backup", str(file))
    whole = file.read_bytes()
    torn = (whole[:at] + b"x" * 64 + whole[at + 64 :] for at in (200, len(whole) // 2))
    for damaged in (whole[:-200], *torn, b"no backup"):
        file.write_bytes(damaged)
        for words in (("backup", "--check"), ("restore",)):
            status, _, err = elsewhere.run(*words, str(file))
            assert status == 4
            assert str(file) in err
            assert "se another backup." in err
    assert not list(Path(elsewhere.environ["INSTANCE_PATH"]).glob("*"))


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("changed_name", "words"),
    [
        ("manifest.json", "holds other rows than it says"),
        ("secret_key", "is damaged: secret_key is not what was backed up"),
    ],
)
def test_a_backup_that_is_not_what_it_says_is_refused(
    changed_name: str, words: str, shell: Shell, tmp_path: Path
) -> None:
    file, other = tmp_path / "digest.backup", tmp_path / "other.backup"
    shell.run("backup", str(file))
    with zipfile.ZipFile(file) as made, zipfile.ZipFile(other, "w") as changed:
        for name in made.namelist():
            content = made.read(name)
            if name == changed_name:
                content = content.replace(b'"subscribers": 2500', b'"subscribers": 2499').replace(b"test-", b"best-")
            changed.writestr(name, content)
    assert shell.run("backup", "--check", str(other))[2] == f"digest: {other} {words}. Use another backup.\n"


@pytest.mark.only_on("sqlite")
def test_nothing_is_replaced_neither_a_backup_nor_an_installation(ours: Database, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "digest.backup"
    shell.run("backup", str(file))
    before = file.read_bytes()
    status, _, err = shell.run("backup", str(file))
    assert (status, file.read_bytes()) == (4, before)
    assert "never replaces one" in err
    status, _, err = shell.run("restore", str(file))
    assert status == 4
    assert "There is a database already. Stop everything, and move it away first" in err
    with ours.reading() as session:
        assert len(session.scalars(select(Subscriber)).all()) == READERS


@pytest.mark.only_on("sqlite")
def test_other_keys_than_the_backups_are_refused(shell: Shell, elsewhere: Shell, tmp_path: Path) -> None:
    file = str(tmp_path / "digest.backup")
    shell.run("backup", file)
    status, _, err = Shell(elsewhere.environ | {"SUPPRESSION_KEY": "another-key-another-key"}).run("restore", file)
    assert status == 4
    assert "SUPPRESSION_KEY here is not the backup’s" in err
    without = {name: value for name, value in elsewhere.environ.items() if not name.endswith("_KEY")}
    assert Shell(without | {"SENDGRID_API_KEY": "SG.loopback"}).run("restore", file)[0] == 0
    kept = Path(elsewhere.environ["INSTANCE_PATH"]) / "suppression_key"
    assert kept.read_text() == shell.environ["SUPPRESSION_KEY"]
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.only_on("postgresql")
def test_without_pg_dump_it_says_what_to_install(shell: Shell, tmp_path: Path) -> None:
    bare = Shell(shell.environ | {"PATH": str(tmp_path)})
    status, _, err = bare.run("backup", str(tmp_path / "digest.backup"))
    assert status == 4
    assert "pg_dump is not on this machine. Install PostgreSQL’s client programs" in err
    assert not list(tmp_path.glob("*.backup"))
