"""What an editor says of an original beside its words: its language, a subscription, and where a copy is kept."""

from __future__ import annotations

import re

from digest.domain.shared.urls import safe_url
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.writing.original_links import links_alike

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")


def describe_original(
    context: Context, link_id: int, archived_url: str, language: str, subscription_needed: bool | None
) -> None:
    """Say this of a source link, and of each with the same address; empty and None leave it to the source.

    Raises Refused for what is no address or no language.
    """
    language = language.strip()
    if language and not _LANGUAGE.fullmatch(language):
        raise Refused(f"“{language[:40]}” is no language. Write it as en, de or pt-BR.")
    try:
        archived_url = safe_url(archived_url) if archived_url.strip() else ""
    except ValueError as error:
        raise Refused(str(error)) from None
    with context.db.writing() as session:
        links = links_alike(session, link_id)
        if not links:
            raise Refused("Somebody has saved this summary meanwhile, without this source. Open it again.")
        for link in links:
            link.archived_url, link.language, link.subscription_needed = archived_url, language, subscription_needed
            link.described_at = context.now
