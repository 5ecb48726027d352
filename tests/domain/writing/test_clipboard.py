"""Characters that nobody sees: what goes, and what a script needs."""

from __future__ import annotations

import pytest

from digest.domain.issues.manuscript import one_line
from digest.domain.writing.markup import from_markdown, sanitised


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pri\u00advacy", "privacy"),
        ("a\u200bb\ufeffc\u2060d\u180ee", "abcde"),
        ("plain \u200e\u200ftext\u202a!\u202c", "plain text!"),
        ("evil\u202etxt.exe\u202c", "eviltxt.exe"),
        ("a \uf0b7 b \uf0e0 c", "a • b → c"),
        ("x\u200cy \u200d", "xy "),
        ("\U000e0041hidden", "hidden"),
    ],
)
def test_what_nobody_sees_goes(text: str, shown: str) -> None:
    assert sanitised(f"<p>{text}</p>") == f"<p>{shown}</p>"
    assert from_markdown(f"A {text}.") == f"<p>A {shown}.</p>"
    assert one_line(text) == " ".join(shown.split())


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "क्\u200dष",
        "👩\u200d💻 ❤\ufe0f\u200d🔥",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "ภาษา\u200bไทย",
        "שלום (GDPR)\u200f!",
        "\u2067עברית\u2069",
    ],
)
def test_what_a_script_needs_stays(text: str) -> None:
    assert sanitised(f"<p>{text}</p>") == from_markdown(text) == f"<p>{text}</p>"


def test_entities_hide_nothing() -> None:
    assert sanitised("<p>a&shy;b&#8203;c&ZeroWidthSpace;d</p>") == "<p>abcd</p>"
    assert from_markdown("a&shy;b&#8203;c") == "<p>abc</p>"


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>10&nbsp;km, Art.&nbsp;5</p>", "<p>10&nbsp;km, Art.&nbsp;5</p>"),
        ("<p>end.&nbsp; Next&nbsp;</p>", "<p>end. Next</p>"),
        ("<p>a</p><p>&nbsp;</p><p>b</p>", "<p>a</p><p>b</p>"),
        ("<p>" + "&nbsp;".join(["words"] * 12) + "</p>", "<p>" + " ".join(["words"] * 12) + "</p>"),
    ],
)
def test_no_break_spaces_stay_where_they_hold_something_together(html: str, kept: str) -> None:
    assert sanitised(html) == kept
    assert sanitised(kept) == kept
