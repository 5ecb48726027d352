"""What of Markdown and imported HTML reaches a page: a few elements, safe links, and nothing that runs."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.markup import from_markdown, safe_url, sanitised

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


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org/a?b=c#d",
        "  https://example.org/spaces-around  ",
        "HTTPS://EXAMPLE.ORG/",
        "https://bücher.example/ä",
        "https://example.org:8443/",
        "https://[2001:db8::1]/",
    ],
)
def test_web_address_is_kept_as_it_is(url: str) -> None:
    assert safe_url(url) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org",
        "/path",
        "https://",
        "https:///path",
        "http:example.org",
        "javascript:alert(1)",
        "javascript://example.org/%0aalert(1)",
        "data:text/html,x",
        "mailto:a@example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "https://exa mple.org",
        "https://example.org/\r\nX: y",
        "https://example.org/\x00",
        "java\tscript:alert(1)",
        "https://example.org:99999/",
        "https://[::1/",
        "https://example.org/" + "a" * 2_000,
    ],
)
def test_other_address_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(ValueError, match=r"https://|browser"):
        safe_url(url)
