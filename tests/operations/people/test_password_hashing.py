"""What hashing leaves beside the database."""

from __future__ import annotations

import os
from pathlib import Path

from digest import config
from digest.operations.people import password_hashing


def test_the_folder_that_hashing_makes_is_its_owners_alone(tmp_path: Path) -> None:
    settings = config.load({"INSTANCE_PATH": str(tmp_path / "srv" / "digest")}, tmp_path)
    before = os.umask(0o022)
    try:
        password_hashing.hashed(settings, "a password that is long enough")
    finally:
        os.umask(before)
    assert [folder.stat().st_mode & 0o777 for folder in (tmp_path / "srv" / "digest", tmp_path / "srv")] == [0o700] * 2
