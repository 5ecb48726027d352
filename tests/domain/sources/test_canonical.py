"""Addresses that lead to one page have one canonical form; others keep theirs."""

from __future__ import annotations

import time

import pytest

from digest.domain.sources.canonical import canonical, canonical_hash, is_home_page

PAGE = "https://example.org/News/fine?id=7"


@pytest.mark.parametrize(
    "same",
    [
        "http://www.EXAMPLE.org:80/News/fine/?id=7",
        f"{PAGE}&utm_source=rss&utm_medium=feed&fbclid=x&ref=newsletter#comments",
        "https://m.example.org/News/fine/amp/?id=7&amp=1",
        "https://www.google.com/amp/s/www.example.org/News/fine?id=7",
        "https://www.example-org.cdn.ampproject.org/c/s/example.org/News/fine?id=7",
        "https://www.google.com/url?rct=j&url=https://example.org/News/fine%3Fid%3D7&ct=ga",
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2FNews%2Ffine%3Fid%3D7&data=05",
    ],
)
def test_spellings_of_one_address_are_one(same: str) -> None:
    assert canonical_hash(same) == canonical_hash(PAGE) != ""


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/news/fine?id=7",
        "https://example.org/News/fine?id=8",
        "https://example.org/News/fine?id=7&source=annex",
        "https://example.org:8443/News/fine?id=7",
        "https://other.example.org/News/fine?id=7",
        "https://example.org/#/News/fine",
    ],
)
def test_what_may_be_another_page_stays_another(other: str) -> None:
    assert canonical(other) != canonical(PAGE)


def test_names_of_other_scripts_have_one_form() -> None:
    assert canonical("https://bücher.example/ü?b=2&a=1") == canonical("https://xn--bcher-kva.example/%c3%bc?a=1&b=2")


def test_what_is_no_web_address_has_none() -> None:
    assert [
        canonical(each) for each in ("", "urn:uuid:1", "ftp://example.org/a", "http://[", "mailto:a@b.example")
    ] == [""] * 5
    assert is_home_page("https://www.example.org/?utm_source=rss")
    assert not is_home_page("https://example.org/?p=1")


def test_a_value_made_to_be_slow_is_no_channel_and_takes_no_time() -> None:
    began = time.process_time()
    forms = {canonical(f"https://a.example/?ref={'x_' * 2_000}{number}!") for number in range(200)}
    assert len(forms) == 200
    assert time.process_time() - began < 5
