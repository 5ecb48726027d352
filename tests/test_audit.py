"""The libraries are locked and audited; what could not be looked up never passes for sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.audit import LOCKED, NOT_LOOKED_UP, SOUND, UNSOUND, main, verdict

FLASK = {"name": "flask", "version": "3.1.0", "vulns": []}


@pytest.mark.parametrize("file", LOCKED, ids=lambda file: file.name)
def test_every_library_is_pinned_with_its_hashes_and_no_host_is_named(file: Path) -> None:
    entries = re.sub(r"\\\n", " ", file.read_text()).splitlines()
    libraries = [line for line in entries if line and not line.lstrip().startswith("#")]
    assert len(libraries) > 20
    assert [line for line in libraries if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert "://" not in file.read_text()


def test_a_library_without_a_pin_fails_the_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loose.txt").write_text("flask\n")
    assert main([str(tmp_path / "loose.txt"), "--if-reachable"]) == UNSOUND
    assert "requirement flask does not contain a hash" in capsys.readouterr().err


def test_a_known_vulnerability_fails_the_audit_and_is_named() -> None:
    status, said = verdict("requirements.txt", [FLASK, FLASK | {"vulns": [{"id": "PYSEC-2099-1"}]}])
    assert status == UNSOUND
    assert "flask 3.1.0: PYSEC-2099-1" in said


def test_a_library_that_was_passed_over_is_not_called_sound() -> None:
    passed_over = {"name": "gunicorn", "skip_reason": "Dependency not found"}
    assert verdict("requirements.txt", [FLASK, passed_over])[0] == NOT_LOOKED_UP
    assert "1 of 2 libraries" in verdict("requirements.txt", [FLASK, passed_over])[1]


def test_sound_libraries_pass_the_audit() -> None:
    assert verdict("requirements.txt", [FLASK]) == (
        SOUND,
        "requirements.txt: 1 libraries, none known to be vulnerable.",
    )
