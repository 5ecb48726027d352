"""Texts that nest without end, or seem to: nothing of them is lost, and what is made of them stays small."""

from __future__ import annotations

import re

import pytest

from digest.domain.writing.dialect import bare_links
from digest.domain.writing.markup import from_markdown, sanitised
from digest.domain.writing.rewriting import as_markdown
from digest.mail.message.plaintext import as_text


def depth(html: str) -> int:
    """How many elements stand in each other at most."""
    deepest = now = 0
    for end in re.findall(r"<(/?)(?!br|hr)[a-z]", html):
        now += -1 if end else 1
        deepest = max(deepest, now)
    return deepest


@pytest.mark.parametrize(
    "part",
    ["<ul><li>", "<ol><li>", "<blockquote>", "<div>", "<b>", "<b><i>", "<table><tr><td>", "<pre>", "<dl><dd>", "<s>",
     "<sup>", "<blockquote><ul><li><p>", "<p><b>", "<section><h1>"],
)  # fmt: skip
def test_what_nests_without_end_is_flattened_and_stays(part: str) -> None:
    html = "".join(f"{part}w{number} " for number in range(1_000))
    shown = sanitised(html)
    assert depth(shown) < 100
    assert len(shown) < 50_000
    for text in (as_text(shown), as_markdown(html)):
        assert len(text) < 200_000
        assert re.findall(r"w(\d+)", text) == [str(number) for number in range(1_000)]
    assert sanitised(shown) == shown


def test_what_nests_without_end_runs_nothing_together() -> None:
    text = as_text(sanitised("<div>" * 300 + "a<div>b</div>c<p>d<td>e"))
    assert text.split() == ["a", "b", "c", "d", "e"]


def test_what_is_hidden_stays_hidden_however_deep() -> None:
    assert sanitised("<div>" * 300 + "a<div hidden>b<p>c</p></div>d") == "<p>ad</p>"


def test_a_newsletter_of_many_tables_in_tables_keeps_its_links() -> None:
    html = "<table><tbody><tr><td><div>" * 30 + '<a href="https://a.example/">a</a>'
    assert sanitised(html) == '<p><a href="https://a.example/">a</a></p>'


def test_a_line_of_very_many_bars_is_no_table() -> None:
    wide = "|a" * 101 + "|\n" + "|-" * 101 + "|\n" + "b\n" * 2_000
    assert "<table" not in from_markdown(wide)
    assert from_markdown("|a" * 100 + "|\n" + "|-" * 100 + "|").count("<th>") == 100


def test_quotation_marks_without_end_stay_straight() -> None:
    assert from_markdown('"a" it\'s') == "<p>“a” it’s</p>"
    words = "a' \"b " * 1_000
    assert from_markdown(words) == f"<p>{words.strip()}</p>"


def test_addresses_without_end_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    validate = bare_links._linkify._validate_http

    def look(text: str, at: int) -> int:
        looked.append(len(text))
        length: int = validate(text, at)
        return length

    monkeypatch.setattr(bare_links._linkify, "_validate_http", look)
    assert re.sub(r"<[^>]*>", "", from_markdown("www." * 1_000)) == "www." * 1_000
    assert sum(looked) < 50_000
