"""Slugs: the readable part of a permanent address."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

from anyascii import anyascii

LONGEST = 80
LONGEST_SPELLING = 200


def slugify(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 80 characters, cut between words; "" if nothing is left.

    What has Latin letters is spelt by those alone, without their accents: slugs are permanent, and always were made
    so. Anything else (Greek, Cyrillic, Hebrew, Arabic, Chinese …) is transliterated.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    has_letters = any(each.isalpha() for each in plain) or not any(each.isalpha() for each in text)
    return _joined(plain if has_letters else anyascii(text))


def folded(name: str, in_latin: Callable[[str], str] = anyascii) -> str:
    """What the spellings of one name share, and two names do not: case, accents and the marks between words aside.

    Two names may have one slug (C++ and C#; GDPR with a Greek and with a Russian word before it); they differ in this.
    """
    return re.sub(r"[\s.,:;!?/_-]+", "-", in_latin(name).casefold().replace("'", "")).strip("-")


@lru_cache(maxsize=4096)
def spelling(name: str) -> str:
    """What names share that an editor takes for one: case, accents, dots and the marks between words aside.

    So C.N.I.L. is CNIL. Scripts stay apart: Ellada and Ελλάδα are two. At most 200 characters; applied to itself it
    changes nothing.
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    key = folded("".join(map(_latin, plain)).replace(".", ""), str) or name.strip().casefold()
    if len(key) <= LONGEST_SPELLING:
        return key
    return f"{key[:160]}-{blake2b(key.encode(), digest_size=16).hexdigest()}"


def _latin(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    is_foreign = character.isalpha() and "LATIN" not in unicodedata.name(character, "")
    return character if is_foreign else anyascii(character)


def _joined(plain: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")
    if len(slug) <= LONGEST:
        return slug
    head, _, _ = slug[: LONGEST + 1].rpartition("-")
    return head or slug[:LONGEST]
