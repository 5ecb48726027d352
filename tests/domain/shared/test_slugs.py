"""The readable part of a permanent address."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.shared.slugs import LONGEST, slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Court annuls fine", "court-annuls-fine"),
        ("  AI Act:  what  to do first ", "ai-act-what-to-do-first"),
        ("Facebook's transfers", "facebooks-transfers"),
        ("Café, naïve, Łódź", "cafe-naive-odz"),
        ("Straße", "strasse"),
        ("€1.2 billion", "1-2-billion"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>", "script"),
        ("日本", "riben"),
        ("日本 2024", "riben-2024"),
        ("Ελληνική Αρχή", "elliniki-archi"),
        ("Роскомнадзор", "roskomnadzor"),
        ("הרשות", "hrsvt"),
        ("هيئة البيانات", "hyih-lbynt"),
        ("Ελλάδα GDPR", "gdpr"),
        ("Ø", "o"),
        ("—", ""),
        ("", ""),
    ],
)
def test_slug_is_lower_case_ascii_words(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_long_title_is_cut_between_words() -> None:
    slug = slugify("regulators " * 20)
    assert slug == "-".join(["regulators"] * 7)


def test_word_longer_than_a_slug_is_cut_inside() -> None:
    assert slugify("x" * 200) == "x" * LONGEST


@given(st.text(max_size=300))
def test_any_text_makes_a_safe_slug_that_stays(text: str) -> None:
    slug = slugify(text)
    assert len(slug) <= LONGEST
    assert slug == "" or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert slugify(slug) == slug
