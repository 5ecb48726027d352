"""Rules: words and phrases, whatever their spelling; nothing typed is a pattern."""

from __future__ import annotations

import pytest

from digest.domain.sources.rules import muting, wanted
from digest.domain.sources.states import RuleKind


@pytest.mark.parametrize(
    ("typed", "title", "kept_out"),
    [
        ("sport", "Sport: a cup is won", True),
        ("sport", "Transport of data", False),
        ("“data protection”, café", "DATA–PROTECTION day", True),
        ("“data protection”", "Protection of data", False),
        ("cafe", "A Café’s camera", False),
        ("cafe", "A Café and its camera", True),
        (".*", "Anything", False),
    ],
)
def test_words_keep_out_what_has_them(typed: str, title: str, kept_out: bool) -> None:
    assert muting([wanted(7, RuleKind.KEEP_OUT, typed)], title, "") == (7 if kept_out else None)


def test_only_what_has_a_word_of_a_door_is_let_in() -> None:
    rules = [wanted(1, RuleKind.LET_IN_ONLY, "privacy"), wanted(2, RuleKind.LET_IN_ONLY, "cookies")]
    assert muting(rules, "Of cookies", "and more") is None
    assert muting(rules, "Of trains", "") == 1
    assert muting([*rules, wanted(3, RuleKind.KEEP_OUT, "recipe")], "Cookies", "A recipe") == 3


def test_a_phrase_does_not_run_from_the_title_into_the_lede() -> None:
    assert muting([wanted(1, RuleKind.KEEP_OUT, '"data protection"')], "Of data", "Protection first") is None
