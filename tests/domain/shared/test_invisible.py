"""Which characters nobody sees."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from digest.domain.shared.invisible import INVISIBLE, invisible_in


def test_table_has_every_control_format_separator_and_surrogate_that_unicode_knows() -> None:
    missing = [
        f"{code:04X}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
        and chr(code) != " "
        and not INVISIBLE.match(chr(code))
    ]
    assert missing == []


@pytest.mark.parametrize(
    "ignored", ["\u034f", "\u115f", "\u180b", "\u2065", "\u2800", "\u3164", "\ufe0f", "\U000e0100"]
)
def test_table_has_what_fonts_show_as_nothing(ignored: str) -> None:
    assert INVISIBLE.match(ignored)


@pytest.mark.parametrize("text", ["plain words", "Größe – “quoted” … 漢字 עברית", "e\u0301"])
def test_what_people_see_is_let_through(text: str) -> None:
    assert invisible_in(text) == ""


def test_first_one_is_named() -> None:
    assert invisible_in("a\u202eb\u200b") == "right-to-left override (U+202E)"
    assert invisible_in("a\r\nb") == "control character (U+000D)"
