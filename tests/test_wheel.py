"""The wheel, installed in an empty folder: from nothing to a demo issue that was sent, with the network away."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    return folder / run(_ROOT, sys.executable, "-c", _BUILD, str(folder)).split()[-1]


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The `digest` command of an environment of its own: the wheel, and the libraries that this one has."""
    place = wheel.parent / "venv"
    venv.create(place, symlinks=True)
    # A path in a .pth file is searched, but the .pth files there are not read: the checkout stays out of reach.
    packages = next(place.glob("lib/python*/site-packages"))
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib"))
    pip = (sys.executable, "-m", "pip", f"--python={place}/bin/python", "install", "--no-deps", "--no-index", "--quiet")
    run(wheel.parent, *pip, "--disable-pip-version-check", "--no-compile", "--ignore-installed", str(wheel))
    return place / "bin" / "digest"


def run(folder: Path, *words: str) -> str:
    """What a command says, in this folder and an environment that has nothing else; it must do what it was asked."""
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_every_file_of_the_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    ours = {f"digest/{path}" for path in files_in(_ROOT / "digest")}
    ours |= {f"digest/{room}/{path}" for room in ("templates", "migrations") for path in files_in(_ROOT / room)}
    assert ours == {name for name in held if not name.startswith("digest-")}


def files_in(folder: Path) -> set[Path]:
    """Every file, without what Python keeps of them."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if "__pycache__" not in path.parts}


def test_from_an_empty_folder_to_a_sent_demo_issue(installed: Path, tmp_path: Path) -> None:
    command = str(installed)
    assert run(tmp_path, command, "db", "upgrade") == "The database is up to date.\n"
    assert {path.name for path in tmp_path.iterdir()} == {"instance"}
    run(tmp_path, command, "demo")
    run(tmp_path, command, "send")
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in tmp_path.glob("instance/outbox/*.eml")]
    assert any("List-Unsubscribe" in mail for mail in mails)
    assert (
        installed.parent.parent in Path(run(tmp_path, str(installed.with_name("python")), "-c", WHERE).strip()).parents
    )


WHERE = "import digest; print(digest.__file__)"
