"""HTML from Word, Outlook, Google Docs and pages: it reads as it was meant, and nothing of it runs together."""

from __future__ import annotations

import pytest

from digest.domain.writing.markup import sanitised
from digest.mail.message.plaintext import as_text

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><title>Draft 3</title>
<style>p.MsoNormal {margin:0}</style>
<!--[if gte mso 9]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]--></head>
<body lang=EN-GB><div class=WordSection1><h1>Fines<o:p></o:p></h1>
<p class=MsoNormal>A fine of <b style='mso-bidi-font-weight:normal'>10&nbsp;million</b> and <span
style='font-weight:bold;font-style:italic'>more</span>.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol;mso-list:Ignore'>·<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span><![endif]>one</p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o<span>&nbsp;&nbsp;
</span></span>below</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><!--[if !supportLists]--><span
style='mso-list:Ignore'>·<span>&nbsp;&nbsp; </span></span><!--[endif]-->two</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span
style='mso-list:Ignore'>3.<span>&nbsp; </span></span>three</p>
<p class=MsoListParagraph>a)&nbsp;&nbsp; letter</p>
<w:sdt><p class=MsoNormal>In a control</p></w:sdt>
<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal>a</p></td><td><p class=MsoNormal>b</p></td></tr></table>
</div></body></html>"""

DOCS_STYLE = (
    "font-size:11pt;font-family:Arial,sans-serif;color:#000000;background-color:transparent;font-variant:normal;"
    "text-decoration:none;vertical-align:baseline;white-space:pre;white-space:pre-wrap;"
)
DOCS = (
    """<meta charset='utf-8'><html><head></head><body><!--StartFragment--><meta charset="utf-8"><b
style="font-weight:normal;" id="docs-internal-guid-7f"><p dir="ltr" style="line-height:1.38;"><span
style="§font-weight:400;font-style:normal;">Plain, </span><span
style="§font-weight:700;font-style:normal;">bold</span><span
style="§font-weight:400;font-style:italic;"> soft</span></p><ul style="margin-top:0;"><li dir="ltr"
style="list-style-type:disc;§font-weight:400;font-style:normal;" aria-level="1"><p dir="ltr" role="presentation"><span
style="§font-weight:400;">one</span></p></li><ul><li style="§" aria-level="2"><p><span
style="§">below</span></p></li></ul><li><p><span style="§">two</span></p></li></ul><p><a href="https://a.example/"
style="text-decoration:none;"><span style="§text-decoration:underline;">link</span></a></p></b>
<br class="Apple-interchange-newline"><!--EndFragment--></body></html>"""
).replace("§", DOCS_STYLE)


def test_word_reads_as_it_was_meant() -> None:
    assert sanitised(WORD) == (
        "<h3>Fines</h3><p>A fine of <b>10&nbsp;million</b> and <strong><em>more</em></strong>.</p>"
        "<ul><li>one<ul><li>below</li></ul></li><li>two</li></ul>"
        '<ol start="3"><li>three</li></ol><ol type="a"><li>letter</li></ol><p>In a control</p>'
        "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"
    )


def test_google_docs_reads_as_it_was_meant() -> None:
    assert sanitised(DOCS) == (
        "<p>Plain, <strong>bold</strong><em> soft</em></p>"
        '<ul><li>one<ul><li>below</li></ul></li><li>two</li></ul><p><a href="https://a.example/">link</a></p>'
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a  b\n-  -\nc  d"),
        ("<tr><td>a</td><td>b</td></tr>", "a  b"),
        ("<td>a<td>b", "a  b"),
        ("<table><caption>Fines</caption><tr><th>a<td>b</table>", "Fines\n\na  b"),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "a\n\nb"),
        ("<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td>c</td></tr></table>", "a  b\n\nc"),
        ("<table><tr><td>a<br>b</td><td><p>c</p><p>d</p><ul><li>e</li></ul></td></tr></table>", "a b  c d e"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("<section>a<article>b</article></section>c", "a\n\nb\n\nc"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a\n\nb"),
        ("<figure><img alt='a' src=x><figcaption>b</figcaption></figure>", "a\n\nb"),
        ("<details><summary>a</summary>b</details>", "a\n\nb"),
        ("<h1>a</h1>b<h6>c</h6>", "a\n\nb\n\nc"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("a<br><br>b", "a\n\nb"),
        ("<div>a<br><br><b>b<br><br>c</b></div>", "a\n\nb\n\nc"),
        ("<li>a<div>b</div>c</li>", "- a\n\n  b\n\n  c"),
        ("<ul><li>a<br><br>b</li></ul>", "- a\n\n  b"),
        ("<blockquote><div>a</div><div>b</div></blockquote>", "> a\n>\n> b"),
        ("<a href='https://x.example'><div>a</div><div>b</div></a>", "a (https://x.example)\n\nb (https://x.example)"),
        ("<q>a</q><del>b</del>", "“a”~~b~~"),
        ("<select><option>a<option>b</select>", "a\n\nb"),
        ("<ol type=a start=3><li>a<li value=9>b</ol><div>c</div>", "c. a\ni. b\n\nc"),
        ("<div><span style='display:none'>x</span><span hidden>y</span>a</div>", "a"),
        ("<html><head><title>x</title></head><body>a</body></html>", "a"),
        ("<font color=red>a</font> <span style='text-decoration: line-through'>b</span>", "a ~~b~~"),
        ("<p>a<svg><title>t</title><style>x{}</style><text>one</text><text>two</text></svg>b</p>", "a one two b"),
        ("<p><math><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><annotation>x^2</annotation></math></p>", "x² +"),
        ("<math><mfrac><mrow><mn>1</mn></mrow><mn>2</mn></mfrac></math>", "1 2"),
        ("<p>H<sub>2</sub>O 10<sup>6</sup> 1<sup>st</sup></p>", "H₂O 10⁶ 1st"),
    ],
)
def test_parts_stay_apart(html: str, text: str) -> None:
    assert as_text(sanitised(html)) == text
    assert sanitised(sanitised(html)) == sanitised(html)


def test_headings_are_lowered() -> None:
    assert sanitised("<h1>a</h1><h2>b</h2><h3>c</h3><h5>d</h5>") == "<h3>a</h3><h3>b</h3><h3>c</h3><h4>d</h4>"


def test_a_link_of_letters_beyond_ascii_is_encoded() -> None:
    html = '<a href="https://bücher.example/ä?q=%C3%A4&amp;b=ü">there</a>'
    assert sanitised(html) == '<a href="https://xn--bcher-kva.example/%C3%A4?q=%C3%A4&amp;b=%C3%BC">there</a>'


def test_ten_thousand_open_containers_are_no_trouble() -> None:
    assert sanitised("<div>" * 10_000 + "a") == "<p>a</p>"
