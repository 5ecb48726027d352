"""What of Markdown and imported HTML reaches a page: a few elements, safe links, and nothing that runs."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.shared.invisible import INVISIBLE
from digest.domain.writing.markup import fault_in_links, from_markdown, sanitised

ALLOWED = {
    "a", "b", "blockquote", "br", "code", "em", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "s", "strong", "sub",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start", "type"}, "li": {"value"}, "td": {"align"}, "th": {"align"}}

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<p onclick=alert(1)>x</p>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif'>",
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='javascript:alert(1)'>",
    "<form action='https://evil.example'><input name=q><button>x</button></form>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='/desk/sign-out'>x</a>",
    "<a href='?next=x'>x</a>",
    "<a href='ftp://evil.example/'>x</a>",
    "<a href='https://ok.example' onmouseover=alert(1) style=x target=_blank>x</a>",
    '<a href="https://ok.example"onclick=alert(1)>x</a>',
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<p><a href='https://ok.example'><p><script>alert(1)</script>",
    "<div style='background:url(https://evil.example)' onclick=x><table background=//evil.example><td onclick=x>x",
    "<span style='font-weight:bold;x:expression(alert(1))'>x</span>",
    "<p style='mso-list:l0 level1'><a href='javascript:alert(1)'>x</a></p>",
    "<div><a href='&quot;><script>alert(1)</script>'>x</a></div>",
    "<figure><img alt='<script>alert(1)</script>' src=x></figure>",
    "<table><tr><td align='left\" onmouseover=alert(1)'>x</td></tr></table>",
    "<ol start='1\" onclick=alert(1)' type='javascript:x'><li value='x y'>x</ol><div>x</div>",
]

HOSTILE_MARKDOWN = [
    *HOSTILE,
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](JAVASCRIPT:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "![x](https://evil.example/pixel.gif)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "[x](https://ok.example 'a\" onclick=\"alert(1)')",
    "```html\n<script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "x[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    '![x"><script>alert(1)</script>](https://ok.example)',
    "https://ok.example/\"onclick=alert(1) www.ok.example/'><script>alert(1)</script>",
    "[x]: javascript:alert(1)",
]


def nothing_runs(html: str) -> None:
    """Assert that a browser finds allowed elements only, with no attribute but a link's safe address."""
    for element in BeautifulSoup(f"<body>{html}</body>", "html.parser").select("body *"):
        assert element.name in ALLOWED, html
        assert set(element.attrs) <= ATTRIBUTES.get(element.name, set()), html
        if "href" in element.attrs:
            assert urlsplit(str(element["href"])).scheme in ("http", "https", "mailto"), html


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_html_is_made_harmless(payload: str) -> None:
    nothing_runs(sanitised(payload))
    nothing_runs(sanitised(f"<p>before {payload} after</p>"))


@pytest.mark.parametrize("payload", HOSTILE_MARKDOWN)
def test_hostile_markdown_is_made_harmless(payload: str) -> None:
    nothing_runs(from_markdown(payload))
    nothing_runs(from_markdown(f"A paragraph.\n\n> {payload}\n"))


@given(st.text(alphabet="<>/=\"'& abhprefscitonlick:#;[]()!`*_\n", max_size=120))
def test_no_text_runs_and_sanitising_again_changes_nothing(text: str) -> None:
    once = sanitised(text)
    nothing_runs(once)
    assert sanitised(once) == once
    nothing_runs(from_markdown(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("> Quoted.", "<blockquote>\n<p>Quoted.</p>\n</blockquote>"),
        ("[A](https://example.org/?a=1&b=2)", '<p><a href="https://example.org/?a=1&amp;b=2">A</a></p>'),
        ("[Us](mailto:us@example.org)", '<p><a href="mailto:us@example.org">Us</a></p>'),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("**bold** *soft*", "<p><strong>bold</strong> <em>soft</em></p>"),
        ("# One\n\n## Two\n\n##### Five", "<h3>One</h3>\n<h3>Two</h3>\n<h4>Five</h4>"),
        ('"quoted" -- it\'s', "<p>“quoted” – it’s</p>"),
        ("<b>shown as text</b>", "<p>&lt;b&gt;shown as text&lt;/b&gt;</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_the_elements_that_we_show(text: str, html: str) -> None:
    assert from_markdown(text) == html


def test_hidden_content_of_scripts_and_styles_goes_too() -> None:
    assert sanitised("<p>a</p><script>secret()</script><style>p{}</style>") == "<p>a</p>"


HIDING = [
    "https://exa\u200bmple.org/",
    "https://example.org/\u202egnp.exe",
    "https://example.org/a\u00adb",
    "https://exa%E2%80%8Bmple.org/",
    "https://xn--example-2z6c.org/",
    "mailto:alice@exa\u2060mple.org",
    "mailto:alice@example.org%0D%0ABcc:eve@example.net",
    "mailto:alice@example.org?subject=x%0D%0ABcc:eve@example.net",
]


@pytest.mark.parametrize("url", HIDING)
def test_link_with_something_invisible_leads_nowhere_or_where_it_is_seen_to_lead(url: str) -> None:
    for html in (from_markdown(f"[see]({url})"), from_markdown(f"[see][1]\n\n[1]: {url}"), from_markdown(f"<{url}>")):
        leads_to = re.findall(r'href="([^"]*)"', html)
        assert leads_to in ([], [INVISIBLE.sub("", url)])
        assert (leads_to == []) is url.isprintable()
    assert sanitised(f'<p><a href="{url}">see</a></p>') == "<p><a>see</a></p>"


@pytest.mark.parametrize("url", HIDING)
def test_who_writes_such_a_link_is_told_why(url: str) -> None:
    assert "invisible character" in fault_in_links(f"Good [one](https://example.org/). [see]({url})", is_html=False)
    assert "invisible character" in fault_in_links(f"<p><a href='{url}'>see</a></p>", is_html=True)


@pytest.mark.parametrize("entity", ["&#8203;", "&#x200B;", "&ZeroWidthSpace;", "&shy;", "&rlm;", "&#xE0041;"])
def test_entity_hides_nothing_in_a_link(entity: str) -> None:
    url = f"https://exa{entity}mple.org/"
    assert "href" not in from_markdown(f"[see]({url})") + sanitised(f'<a href="{url}">see</a>')
    assert fault_in_links(f"[see]({url})", is_html=False)
    assert fault_in_links(f'<a href="{url}">see</a>', is_html=True)


@pytest.mark.parametrize(
    "text",
    [
        "Plain words with a no\u00a0break space, a soft\u00adhyphen and a [link](https://example.org/?a=1&b=2%20c).",
        "[Persian](https://fa.wikipedia.org/wiki/%D9%85%DB%8C%E2%80%8C%D8%AE)",
        "[us](mailto:us@example.org?subject=A%20word&body=One%0D%0Atwo)",
        "[bücher](https://bücher.example/ä)",
    ],
)
def test_what_is_invisible_elsewhere_or_spelled_out_in_a_path_harms_no_link(text: str) -> None:
    assert fault_in_links(text, is_html=False) == ""
    assert "<a href=" in from_markdown(text)


def test_line_breaks_in_an_imported_address_go_as_browsers_ignore_them() -> None:
    assert sanitised('<a href="https://example.org/\n\tstory">x</a>') == '<a href="https://example.org/story">x</a>'
