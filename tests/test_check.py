"""`make check`: which tests are near a change, in which order, and what is left out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.check import changed, nearest

FILES = {
    "digest/domain/issues/calendar.py": "",
    "digest/operations/issues/week.py": "from digest.domain.issues import calendar",
    "digest/web/issues/issue.py": "from digest.operations.issues.week import hold\nPAGE = 'issues/issue.html'",
    "digest/web/issues/previews.py": "",
    "digest/mail/message/templating.py": 'FOLDER = "email"',
    "templates/pages/issues/issue.html": "",
    "templates/email/proof/body.html": "",
    "tests/conftest.py": "import digest.web.issues.issue",
    "tests/domain/issues/test_calendar.py": "from digest.domain.issues.calendar import cut_off",
    "tests/domain/issues/test_edition.py": "",
    "tests/domain/shared/test_slugs.py": "",
    "tests/mail/test_inlining.py": "import digest.mail.message.templating",
    "tests/operations/issues/test_week.py": "from digest.operations.issues import week",
    "tests/web/issues/test_issue.py": "from tests import conftest",
    "tests/web/issues/test_previews.py": "",
    "tests/web/archive/test_archive.py": "from tests import conftest",
    "tests/crash/test_matrix.py": "import digest.operations.issues.week",
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small program with its tests, committed on main."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "-c", "user.name=Alice", "-c", "user.email=alice@digest.test", "commit", "-q", "-a", "-m", "One more")


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        (
            "digest/domain/issues/calendar.py",
            ["domain/issues/test_calendar", "domain/issues/test_edition", "operations/issues/test_week"],
        ),
        ("digest/operations/issues/week.py", ["operations/issues/test_week"]),
        ("digest/web/issues/issue.py", ["web/issues/test_issue", "web/issues/test_previews"]),
        ("templates/pages/issues/issue.html", ["web/issues/test_issue", "web/issues/test_previews"]),
        ("templates/email/proof/body.html", ["mail/test_inlining"]),
        ("tests/crash/test_matrix.py", ["crash/test_matrix"]),
        ("docs/running.md", []),
    ],
)
def test_the_nearest_come_first_and_what_is_far_does_not_come(house: Path, path: str, tests: list[str]) -> None:
    assert nearest(house, [path]) == [f"tests/{name}.py" for name in tests]


def test_what_a_branch_has_committed_changed_and_added_is_its_change(house: Path) -> None:
    git(house, "switch", "-q", "-c", "work")
    (house / "digest/domain/issues/calendar.py").write_text("cut_off = 1")
    commit(house)
    (house / "digest/operations/issues/week.py").write_text("hold = 1")
    (house / "tests/domain/issues/test_new.py").write_text("")
    assert changed(house, "main") == [
        "digest/domain/issues/calendar.py",
        "digest/operations/issues/week.py",
        "tests/domain/issues/test_new.py",
    ]


def test_where_nothing_has_changed_the_last_commit_is_the_change(house: Path) -> None:
    (house / "digest/domain/issues/calendar.py").write_text("cut_off = 1")
    commit(house)
    assert changed(house, "main") == ["digest/domain/issues/calendar.py"]
