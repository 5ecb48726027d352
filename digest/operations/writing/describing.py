"""What an editor says of an original beside its words: its language, a subscription, and where a copy is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.domain.people.acts import Act
from digest.domain.shared.urls import safe_url
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.writing.original_links import links_alike
from digest.storage.writing.summaries import SourceLink

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")


@dataclass(frozen=True)
class Description:
    """What is said of an original; empty and None leave it to the source."""

    archived_url: str
    language: str
    subscription_needed: bool | None

    def __str__(self) -> str:
        subscription = {True: "needs a subscription", False: "needs no subscription", None: ""}
        said = (self.archived_url and f"copy at {self.archived_url[:200]}", self.language and f"in {self.language}")
        return ", ".join(filter(None, (*said, subscription[self.subscription_needed]))) or "nothing"


def describe_original(context: Context, link_id: int, said: Description, who: str) -> None:
    """Say this of a source link, and of each with the same address.

    Raises Refused for what is no address or no language.
    """
    said = _checked(said)
    with context.db.writing() as session:
        links = links_alike(session, link_id)
        if not links:
            raise Refused("Somebody has saved this summary meanwhile, without this source. Open it again.")
        if all(_of(link) == said for link in links):
            return
        for link in links:
            link.archived_url, link.language = said.archived_url, said.language
            link.subscription_needed, link.described_at = said.subscription_needed, context.now
        audit.note(context.within(session), who, Act.TOLD_ORIGINAL, f"{links[0].url[:200]}: {said}")


def _of(link: SourceLink) -> Description:
    return Description(link.archived_url, link.language, link.subscription_needed)


def _checked(said: Description) -> Description:
    language = said.language.strip()
    if language and not _LANGUAGE.fullmatch(language):
        raise Refused(f"“{language[:40]}” is no language. Write it as en, de or pt-BR.")
    try:
        archived_url = safe_url(said.archived_url) if said.archived_url.strip() else ""
    except ValueError as error:
        raise Refused(str(error)) from None
    return Description(archived_url, language, said.subscription_needed)
