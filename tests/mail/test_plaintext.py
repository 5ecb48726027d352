"""HTML as text that a person can read."""

from __future__ import annotations

import pytest

from digest.mail.message.plaintext import as_text

CASES = {
    "paragraphs": ("<p>One\nline</p>\n<p>Two</p>", "One line\n\nTwo"),
    "entities": ("<p>R&amp;D &lt;b&gt; caf&eacute;</p>", "R&D <b> café"),
    "break": ("<p>One<br>two</p>", "One\ntwo"),
    "link": ('<p><a href="https://a.example/?x=1&amp;y=2">Here</a>.</p>', "Here (https://a.example/?x=1&y=2)."),
    "link over plain http": ('<p><a href="http://a.example/x">Here</a>.</p>', "Here (http://a.example/x)."),
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
    "struck out": ("<p>found him <s>not</s> guilty</p>", "found him ~~not~~ guilty"),
    "struck with gaps": ("<p>a<s> b <s>c</s> </s>d<s></s></p>", "a ~~b c~~ d"),
    "struck link": ('<s><a href="https://a.example">b</a></s>', "~~b (https://a.example)~~"),
    "struck blocks": ("<s><p>a</p><ul><li>b</li></ul></s><p>c</p>", "~~a~~\n\n- ~~b~~\n\nc"),
    "struck cell": ("<table><tr><td><s>€1</s> €2</td><td>b</td></tr></table>", "~~€1~~ €2  b"),
    "rule": ("<p>a</p><hr><p>b</p>", "a\n\n* * *\n\nb"),
    "numbers": ('<ol start="7"><li>a</li><li value="9">b</li><li>c</li></ol>', "7. a\n9. b\n10. c"),
    "letters": ('<ol type="A" start="26"><li>a</li><li>b</li></ol>', "Z. a\nAA. b"),
    "roman": ('<ol type="i" start="3"><li>a</li><li>b</li></ol>', "iii. a\niv. b"),
    "odd number": ('<ol start="x"><li value="99999999999">a</li></ol>', "1. a"),
    "encoded link": ('<a href="https://xn--bcher-kva.example/%C3%A4">https://bücher.example/ä</a>',
                     "https://xn--bcher-kva.example/%C3%A4"),
    "www": ('<a href="http://www.a.example">www.a.example</a>', "www.a.example"),
    "table in quotation": ("<blockquote><table><tr><td>a</td><td>b</td></tr></table></blockquote>", "> a  b"),
    "table in list": ("<ul><li>x<table><tr><td>a</td><td>b</td></tr></table></li></ul>", "- x\n\n  a  b"),
    "unclosed table": ("<table><tr><td>a<td>b", "a  b"),
    "cell with link": ('<table><tr><td><a href="https://a.example">a</a></td><td>b</td></tr></table>',
                       "a (https://a.example)  b"),
    "raised": ("<p>10<sup>6</sup> CO<sub>2</sub> 1<sup>st</sup> x<sup>[1]</sup></p>", "10⁶ CO₂ 1st x[1]"),
    "verbatim": ("<pre><code>a\n  b\n</code></pre><p>c</p>", "a\n  b\n\nc"),
    "unclosed": ("<ul><li>a<li>b", "- a\n  - b"),
    "stray end": ("</li></blockquote>a", "a"),
    "nothing": ("", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_html_reads_as_text(name: str) -> None:
    html, text = CASES[name]
    assert as_text(html) == text


def test_long_addresses_are_never_broken() -> None:
    url = "https://a.example/" + "very-long-" * 12
    text = as_text(f'<blockquote><p>{"word " * 20}<a href="{url}">there</a></p></blockquote>')
    assert f"({url})" in text
    assert all(line.startswith("> ") for line in text.splitlines())


def test_no_line_ends_at_a_no_break_space() -> None:
    text = as_text(f"<p>{'word ' * 13}some 10\u00a0km away</p>")
    assert text.splitlines()[1] == "10\u00a0km away"


def test_a_table_too_wide_for_columns_is_read_row_by_row() -> None:
    rows = [("Authority", "Reason", "Sum"), ("DPC", "no legal basis for " * 4, "€1"), ("CNIL", "late", "")]
    html = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    assert as_text(f"<table>{html}</table>") == (
        "Authority: DPC\n"
        "Reason: no legal basis for no legal basis for no legal basis for no\n"
        "  legal basis for\n"
        "Sum: €1\n"
        "\n"
        "Authority: CNIL\n"
        "Reason: late"
    )
