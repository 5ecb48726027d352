"""What differs between two texts: told word by word, and never at the cost of whoever looks."""

from __future__ import annotations

import time

from digest.domain.writing.differences import Fate, Stretch, differences


def test_words_are_told_within_the_line_that_changed() -> None:
    found = differences(["One fine.", "Same."], ["Two fines.", "Same."])
    assert "".join(each.text for each in found if each.fate is not Fate.ADDED) == "One fine.\nSame.\n"
    assert "".join(each.text for each in found if each.fate is not Fate.REMOVED) == "Two fines.\nSame.\n"
    assert Fate.KEPT in {each.fate for each in found}


def test_texts_of_thousands_of_equal_lines_are_shown_whole() -> None:
    began = time.process_time()
    found = differences(["a"] * 20_000, ["a"] * 19_999)
    assert found == (Stretch(Fate.REMOVED, "a\n" * 20_000), Stretch(Fate.ADDED, "a\n" * 19_999))
    assert time.process_time() - began < 5
