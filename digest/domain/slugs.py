"""Slugs: the readable part of a permanent address."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 80


def slugify(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 80 characters, cut between words; "" if nothing is left."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    if len(slug) <= LONGEST:
        return slug
    head, _, _ = slug[: LONGEST + 1].rpartition("-")
    return head or slug[:LONGEST]
