"""HTML as text that a person can read."""

from __future__ import annotations

import pytest

from digest.mail.plaintext import as_text

CASES = {
    "paragraphs": ("<p>One\nline</p>\n<p>Two</p>", "One line\n\nTwo"),
    "entities": ("<p>R&amp;D &lt;b&gt; caf&eacute;</p>", "R&D <b> café"),
    "break": ("<p>One<br>two</p>", "One\ntwo"),
    "link": ('<p><a href="https://a.example/?x=1&amp;y=2">Here</a>.</p>', "Here (https://a.example/?x=1&y=2)."),
    "bare link": ('<a href="https://a.example/">https://a.example/</a>', "https://a.example/"),
    "mail link": ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
    "odd link": ('<a href="#top">Top</a>', "Top"),
    "quotation": (
        "<blockquote><p>A</p><p>B</p></blockquote><p>C</p>",
        "> A\n>\n> B\n\nC",
    ),
    "quotation in quotation": (
        "<blockquote><p>A</p><blockquote><p>B</p></blockquote></blockquote>",
        "> A\n>\n> > B",
    ),
    "list": ("<p>So:</p><ul><li>a</li><li>b</li></ul><p>End</p>", "So:\n\n- a\n- b\n\nEnd"),
    "nested": (
        "<ol><li>a<ul><li>x</li></ul></li><li><p>b</p><p>c</p></li></ol>",
        "1. a\n   - x\n2. b\n\n   c",
    ),
    "quotation in list": ("<ul><li>a<blockquote><p>q</p></blockquote></li></ul>", "- a\n\n  > q"),
    "emphasis": ("<p>a <em>b</em><strong>c</strong></p>", "a bc"),
    "rule": ("<p>a</p><hr><p>b</p>", "a\n\n* * *\n\nb"),
    "unclosed": ("<ul><li>a<li>b", "- a\n  - b"),
    "stray end": ("</li></blockquote>a", "a"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_html_reads_as_text(name: str) -> None:
    html, text = CASES[name]
    assert as_text(html) == text


def test_long_addresses_are_never_broken() -> None:
    url = "https://a.example/" + "very-long-" * 12
    text = as_text(f'<blockquote><p>{"word " * 20}<a href="{url}">there</a></p></blockquote>')
    assert f"({url})" in text
    assert all(line.startswith("> ") for line in text.splitlines())
