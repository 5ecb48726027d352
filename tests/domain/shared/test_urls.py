"""What may be the address of an original article."""

from __future__ import annotations

import pytest

from digest.domain.shared.urls import safe_url


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
        "https://example.org:0/",
        "https://example.org@evil.example/",
        "https://example.org\\@evil.example/",
        "https://.example/",
        "https://example..org/",
        "https://xn--/",
        "https://[::1/",
        "https://example.org/" + "a" * 2_000,
    ],
)
def test_other_address_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(ValueError, match=r"https://|browser"):
        safe_url(url)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://example.org/\u200bpath", "zero width space (U+200B)"),
        ("https://example.org/\u202egnp.exe", "right-to-left override (U+202E)"),
        ("https://exa\u00admple.org/", "soft hyphen (U+00AD)"),
        ("https://example.org/\ufe0f", "variation selector-16 (U+FE0F)"),
        ("https://example.org/a\u3000b", "ideographic space (U+3000)"),
        ("https://example.org/a\u2028b", "line separator (U+2028)"),
        ("https://example.org/\U000e0041", "tag latin capital letter a (U+E0041)"),
        ("https://exa%E2%80%8Bmple.org/", "zero width space (U+200B)"),
        ("https://xn--example-2z6c.org/", "zero width space (U+200B)"),
        ("https://user@exa%C2%ADmple.org:8080/", "soft hyphen (U+00AD)"),
    ],
)
def test_nothing_invisible_or_direction_changing_is_in_an_address(url: str, named: str) -> None:
    with pytest.raises(ValueError, match="invisible character") as refused:
        safe_url(url)
    assert named in str(refused.value)
    assert str(refused.value).isprintable()


def test_percent_encoded_in_a_path_it_is_plain_bytes() -> None:
    persian = "https://fa.wikipedia.org/wiki/%D9%85%DB%8C%E2%80%8C%D8%AE?q=%C2%AD#%E2%80%8E"
    assert safe_url(persian) == persian
