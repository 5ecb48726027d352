"""What other users of the machine can read of an installation: nothing, whatever the umask it was started with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest import config
from digest.config.loose import close_what_is_open
from tests.cli.shell import Shell

pytestmark = pytest.mark.only_on("sqlite")

SENDER = """
from datetime import UTC, datetime
from digest import config
from digest.mail.transports import open_transport
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.running.startup import open_database
settings = config.load()
db, now = open_database(settings), datetime.now(UTC)
note_parting(settings, now, Parting.ERASED, ["a" * 64])
from digest.storage.messages.messages import queue_message
with db.writing() as session:
    queue_message(session, now, "notice", "zoe@example.org", ("Hello", "Hello", "<p>Hello</p>"))
assert deliver_waiting(db, settings, open_transport(settings), lambda: now) == 1
print("made", flush=True); input()
"""


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment in which there is nothing yet."""
    return {"PATH": os.environ["PATH"], "INSTANCE_PATH": str(tmp_path / "srv" / "digest")}


def modes(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): f"{path.stat().st_mode & 0o777:o}" for path in folder.rglob("*")}


def test_all_that_is_made_is_for_its_owner_alone(bare: dict[str, str], tmp_path: Path) -> None:
    """Under the umask that closes nothing: any other only takes from what it leaves."""
    made = subprocess.run(
        [sys.executable, "-m", "digest.cli", "db", "upgrade"], env=bare, umask=0, capture_output=True, text=True
    )
    assert (made.returncode, made.stderr) == (0, "")
    # Without the command’s own umask, as another server that loads the site.
    with subprocess.Popen(
        [sys.executable, "-c", SENDER], env=bare, umask=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "made\n"
        found = modes(tmp_path)
        process.communicate("\n", timeout=60)
    names = {Path(name).name.partition("-0000")[0] for name in found}
    assert {"digest.db", "digest.db-wal", "digest.db-shm", "secret_key", "journal.jsonl", "message"} <= names
    assert {mode for name, mode in found.items() if (tmp_path / name).is_dir()} == {"700"}
    assert {mode for name, mode in found.items() if not (tmp_path / name).is_dir()} == {"600"}


def test_what_is_open_is_closed_and_said_once(shell: Shell, settings: config.Settings, db: object) -> None:  # noqa: ARG001
    folder, file = settings.instance_path, settings.instance_path / "digest.db"
    settings.outbox_path.mkdir(mode=0o755)
    message = settings.outbox_path / "message-1.eml"
    message.write_text("To: zoe@example.org")
    for path in (folder, file, message):
        path.chmod(0o755 if path.is_dir() else 0o644)
    _, _, err = shell.run("summaries", "export")
    assert f"Other users of this machine could read {file}, {settings.outbox_path} and {message}." in err
    assert f"The folder {folder} is open to other users of this machine (mode 755). Run: chmod 700 {folder}\n" in err
    assert {file.stat().st_mode & 0o777, message.stat().st_mode & 0o777} == {0o600}
    assert settings.outbox_path.stat().st_mode & 0o777 == 0o700
    status, _, err = shell.run("summaries", "export")
    assert status == 0
    assert err.count("\n") == 1  # the folder, which somebody may share on purpose
    folder.chmod(0o700)
    assert shell.run("summaries", "export")[2] == ""


def test_a_database_elsewhere_is_closed_and_its_folder_only_said(environ: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    settings = config.load(environ | {"DATABASE_URL": f"sqlite:///{folder}/d.db"}, tmp_path)
    (folder / "d.db").touch(mode=0o644)
    closed, said = close_what_is_open(settings)
    assert f"could read {folder}/d.db." in closed
    assert f"The folder {folder}, where the database is, is open to other users of this machine (mode 755)" in said
    assert (folder.stat().st_mode & 0o777, (folder / "d.db").stat().st_mode & 0o777) == (0o755, 0o600)
    assert len(close_what_is_open(settings)) == 1


def test_what_is_not_ours_to_close_is_said_and_stops_nothing(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config.load(environ, tmp_path)
    settings.instance_path.mkdir(mode=0o700)
    (settings.instance_path / "digest.db").touch()
    (settings.instance_path / "digest.db").chmod(0o664)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    [said] = close_what_is_open(settings)
    assert f"Have the owner run: chmod go= {settings.instance_path}/digest.db" in said


@pytest.mark.parametrize(
    ("mode", "content", "said"),
    [
        (0o644, "SENDGRID_API_KEY=SG.planted", True),
        (0o640, "SENDGRID_API_KEY=SG.planted", False),
        (0o644, "SITE_NAME=Privacy", False),
    ],
)
def test_a_file_of_settings_with_keys_is_said_if_everybody_may_read_it(
    environ: dict[str, str], tmp_path: Path, mode: int, content: str, said: bool
) -> None:
    (tmp_path / ".env").write_text(content)
    (tmp_path / ".env").chmod(mode)
    words = close_what_is_open(config.load(environ, tmp_path), tmp_path / ".env")
    assert (f"Run: chmod o= {tmp_path}/.env" in " ".join(words)) is said
    assert "planted" not in " ".join(words)
