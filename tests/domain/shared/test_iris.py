"""Addresses in ASCII: RFC 3987 to RFC 3986."""

from __future__ import annotations

import pytest

from digest.domain.shared.iris import as_uri


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://bücher.example/ä?q=ü#ö", "https://xn--bcher-kva.example/%C3%A4?q=%C3%BC#%C3%B6"),
        ("https://παράδειγμα.gr/", "https://xn--hxajbheg2az3al.gr/"),
        ("https://例え.jp:8443/テスト", "https://xn--r8jz45g.jp:8443/%E3%83%86%E3%82%B9%E3%83%88"),
        ("https://a.example/%C3%A4/ö?x=%zz", "https://a.example/%C3%A4/%C3%B6?x=%zz"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://user:pä@bücher.example/", "https://user:p%C3%A4@xn--bcher-kva.example/"),
        ("mailto:jörg@bücher.example?subject=Grüße", "mailto:j%C3%B6rg@xn--bcher-kva.example?subject=Gr%C3%BC%C3%9Fe"),
        ("https://[::1/ä", "https://[::1/%C3%A4"),
        ("https://a..ä/", "https://a..%C3%A4/"),
        ("ä", "%C3%A4"),
    ],
)
def test_address_goes_out_encoded_once(iri: str, uri: str) -> None:
    assert as_uri(iri) == uri
    assert as_uri(uri) == uri


@pytest.mark.parametrize(
    "url", ["https://a.example/?a=1&b=[c]#d", "mailto:a@b.example", "", "https://[::1]/", "HTTPS://A/"]
)
def test_ascii_stays_as_it_is(url: str) -> None:
    assert as_uri(url) == url
