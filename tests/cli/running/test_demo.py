"""`digest demo`, as a newcomer runs it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner, Result

from digest.cli import cli
from digest.config import Settings
from digest.demo.people import PASSWORD
from digest.storage.base.database import Database


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], settings: Settings, db: Database) -> None:  # noqa: ARG001
    """The command finds the test's installation."""
    for name, value in {**environ, "INSTANCE_PATH": str(settings.instance_path)}.items():
        monkeypatch.setenv(name, value)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["demo", *words])


@pytest.mark.only_on("sqlite")
def test_a_second_demo_says_that_it_is_there_and_how_to_sign_in(clock: time_machine.Traveller) -> None:
    first, second = run(), run()
    clock.shift(timedelta(days=8))
    assert run().output.splitlines()[1].startswith("It is of another week. For one up to today: `digest demo --remove`")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output.startswith("Demo loaded: 56 summaries, 8 past issues, 25 readers, 21 sources with 120 leads.")
    assert second.output.startswith("The demo is here already.\n")
    assert f"Sign in as editor@example.org (Alice Marsh, editor), password {PASSWORD}" in second.output
    assert run("--remove").output.startswith("The demo is gone")
    assert run("--remove").output.startswith("There is no demo here.")
