"""Exit statuses mean in every command what the README says they do."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import SubscriberState
from tests.cli.shell import Shell
from tests.factories import make_subscriber

NOBODY, LEFT, HERE = "nobody@example.org", "left@example.org", "here@example.org"
UNUSABLE, REFUSED = 2, 4


@pytest.fixture(autouse=True)
def readers(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, HERE)
    make_subscriber(db, settings, LEFT, SubscriberState.UNSUBSCRIBED)


@pytest.mark.parametrize(
    ("status", "commands"),
    [
        (
            UNUSABLE,  # nothing is said where words are to be kept, or no address where one is needed
            [
                f"subscribers add {NOBODY} --consent=",
                f"subscribers add {NOBODY} --consent=_",
                "subscribers import /dev/null --consent=",
                f"subscribers correct {HERE} {NOBODY} --reason=",
                f"suppressions lift {HERE} --reason=_",
                "subscribers show nonsense",
                "subscribers erasures --done",
            ],
        ),
        (
            REFUSED,  # there is none
            [
                f"subscribers show {NOBODY}",
                f"subscribers show {NOBODY} --json",
                f"subscribers unsubscribe {NOBODY}",
                f"subscribers resend {NOBODY}",
                f"subscribers correct {NOBODY} other@example.org",
                "subscribers erasures 0123456789ab",
                "subscribers erasures 0123456789ab --done",
                f"suppressions lift {NOBODY} --reason=letter",
                "settle 99 sent",
                "status --issue 2020-01-03",
                "preview --issue 2020-01-03",
                "send --issue 2020-01-03",
            ],
        ),
        (
            REFUSED,  # it is not as it would have to be
            [
                f"subscribers add {HERE} --consent=letter",
                f"subscribers add {LEFT} --consent=letter",
                f"subscribers unsubscribe {LEFT}",
                f"subscribers resend {HERE}",
                f"subscribers correct {HERE} {LEFT}",
            ],
        ),
    ],
)
def test_the_status_is_the_same_for_the_same_reason(shell: Shell, status: int, commands: list[str]) -> None:
    for command in commands:
        ended, _, said = shell.run(*(word.replace("=_", "= ") for word in command.split()))
        assert (ended, "digest: " in said) == (status, True), f"{command}: {ended}, {said}"


def test_a_question_that_nobody_can_answer_names_the_option_that_does(shell: Shell) -> None:
    ended, _, said = shell.run("db", "downgrade")
    assert (ended, "Add --yes to say so beforehand. Nothing was done." in said) == (1, True), said
