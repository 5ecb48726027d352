"""`digest export` and `digest import`, as an operator moves a site from one machine to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.cli.shell import Shell, select_one
from tests.factories import make_readers

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def site(db: Database, settings: Settings, shell: Shell, tmp_path: Path) -> Path:
    """A site with readers and an issue, taken along."""
    make_readers(db, settings, 3)
    select_one(db, settings)
    status, out, err = shell.run("export", str(tmp_path / "site"))
    assert (status, err) == (0, "")
    assert "rows of Privacy Digest in " in out
    return tmp_path / "site"


def elsewhere(shell: Shell, folder: Path) -> Shell:
    keyless = {name: value for name, value in shell.environ.items() if name not in ("SECRET_KEY", "SUPPRESSION_KEY")}
    return Shell(keyless | {"INSTANCE_PATH": str(folder), "DATABASE_URL": f"sqlite:///{folder}/digest.db"})


def test_a_site_moves_with_its_keys_and_waits_until_somebody_says_that_nothing_left(
    site: Path, shell: Shell, tmp_path: Path
) -> None:
    new = elsewhere(shell, tmp_path / "new")
    status, out, err = new.run("import", str(site))
    assert (status, err) == (0, "")
    assert "What it had not sent may have gone since." in out
    assert new.run("send")[0] == 4
    assert new.run("subscribers", "export")[1] == shell.run("subscribers", "export")[1]
    other = elsewhere(shell, tmp_path / "other")
    assert "may have gone" not in other.run("import", str(site), "--nothing-left-since")[1]
    assert other.run("db", "check")[0] == 0
    status, _, err = other.run("import", str(site))
    assert status == 4
    assert "The database has content already" in err


def test_without_its_key_a_site_is_refused_and_nothing_is_made(shell: Shell, site: Path, tmp_path: Path) -> None:
    assert shell.run("export", str(tmp_path / "keyless"), "--without-keys")[1].count("The keys are not in it.") == 1
    new = elsewhere(shell, tmp_path / "new")
    status, _, err = new.run("import", str(tmp_path / "keyless"))
    assert status == 4
    assert "SUPPRESSION_KEY is not set, and not in the export." in err
    assert not (tmp_path / "new" / "digest.db").exists()
    status, _, err = shell.run("export", str(site))
    assert status == 4
    assert "is there already, and holds something" in err


def test_keys_that_an_empty_site_made_for_itself_give_way_and_those_of_a_site_in_use_do_not(
    site: Path, shell: Shell, tmp_path: Path
) -> None:
    new = elsewhere(shell, tmp_path / "new")
    assert new.run("db", "upgrade")[0] == 0
    assert new.run("import", str(site))[::2] == (0, "")
    assert (tmp_path / "new" / "suppression_key").read_text() == shell.environ["SUPPRESSION_KEY"]
    used = elsewhere(shell, tmp_path / "used")
    used.run("db", "upgrade")
    (tmp_path / "readers.csv").write_text("email\nbob@example.org\n")
    assert used.run("subscribers", "import", str(tmp_path / "readers.csv"), "--consent", "Yes")[0] == 0
    keys = [(tmp_path / "used" / name).read_text() for name in ("secret_key", "suppression_key")]
    status, _, err = used.run("import", str(site))
    assert status == 4
    assert "SUPPRESSION_KEY is not the old site’s" in err
    assert [(tmp_path / "used" / name).read_text() for name in ("secret_key", "suppression_key")] == keys
