"""Files of readers whose name says that they are none: `unsubscribed.csv`, `cleaned_members_export.csv`, `bounces.csv`.

Services put who left, bounced or never confirmed into files of their own, in which mostly nothing but the name tells.
Whoever is not said to read in such a file is not taken for a reader; neither is a name taken for somebody's leaving,
since `spam-law.csv` may be about anything.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from digest.operations.shared.csv_rows import CsvRow, Table
from digest.operations.shared.csv_signs import signs, unsaid
from digest.operations.shared.known_columns import WORDS, FormerState, plain
from digest.operations.shared.refusal import Refused

_WORD = re.compile(r"[^\W\d_]+")
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST_PHRASE = 4
_BEGINNINGS = (
    "unsub", "nonsub", "notsub", "cleaned", "bounce", "suppress", "complain", "optout", "optedout", "blocklist",
    "blacklist", "invalid", "undeliver", "unconfirm", "abgemeldet", "abmeld", "unzustell", "unbestat", "desinscri",
    "desabonn",
)  # fmt: skip
"""How words begin that say so in any form: `unsubscribers`, `suppressions`, `bouncelist`."""


def refuse_silent_rows(table: Table) -> None:
    """Raise Refused, with the remedy, if by its name the table has no readers and some row does not say what it is."""
    word = telling_word(table.called)
    line = next((row.line for row in table.rows() if _is_silent(row)), 0) if word else 0
    if line:
        raise Refused(
            f"By its name (“{word}”) it has people who left, bounced or never confirmed, and line {line} does not say "
            "where its reader stands, which would make them a confirmed reader. Nothing was imported. Add a column "
            "“state” that says unsubscribed, bounced, complained or pending in each row; if they all shall never be "
            "mailed, use “digest suppressions import” in place of this; if they do read, give the file another name."
        )


def telling_word(called: str) -> str:
    """The word in this name that says that its people left, bounced or never confirmed; empty if none does."""
    words = _WORD.findall(_INNER_CAPITAL.sub(" ", PurePath(called).stem))
    phrases = (
        " ".join(words[begin:end])
        for begin in range(len(words))
        for end in range(begin + 1, min(begin + _LONGEST_PHRASE, len(words)) + 1)
    )
    return next((phrase for phrase in phrases if _tells(plain(phrase))), "")


def _is_silent(row: CsvRow) -> bool:
    found = signs(row.cells)
    return not (row.fault or found or unsaid(row.silent, found))


def _tells(phrase: str) -> bool:
    state = WORDS.get(phrase)
    return phrase.startswith(_BEGINNINGS) or (state is not None and state is not FormerState.CONFIRMED)
