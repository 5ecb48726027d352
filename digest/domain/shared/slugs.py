"""Slugs: the readable part of a permanent address."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

LONGEST = 80


def slugify(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 80 characters, cut between words; "" if nothing is left.

    What has Latin letters is spelt by those alone, without their accents: slugs are permanent, and always were made
    so. Anything else (Greek, Cyrillic, Hebrew, Arabic, Chinese …) is transliterated.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    has_letters = any(each.isalpha() for each in plain) or not any(each.isalpha() for each in text)
    return _joined(plain if has_letters else anyascii(text))


def folded(name: str) -> str:
    """What the spellings of one name share, and two names do not: case, accents and the marks between words aside.

    Two names may have one slug (C++ and C#; GDPR with a Greek and with a Russian word before it); they differ in this.
    """
    return re.sub(r"[\s.,:;!?/_-]+", "-", anyascii(name).casefold().replace("'", "")).strip("-")


def _joined(plain: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")
    if len(slug) <= LONGEST:
        return slug
    head, _, _ = slug[: LONGEST + 1].rpartition("-")
    return head or slug[:LONGEST]
