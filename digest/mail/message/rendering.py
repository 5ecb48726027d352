"""Every message that we send, from values to subject, text and HTML.

`render_digest` makes the whole issue with tags for what differs per reader, `render_editions` what choices of topics
make of it, `personalise` puts values in the tags' place; the other messages go to one person each and carry no tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.domain.issues.choosing import ChosenContent
from digest.domain.issues.edition import Content
from digest.domain.people.roles import TASKS, Role
from digest.mail.message.parts import Parts
from digest.mail.message.tags import ForgedTag, Rendered, Tags, new_tags, personalise, refuse_forged, retagged
from digest.mail.message.templating import Identity, fill, fill_only, template_folder

__all__ = [
    "ForgedTag",
    "Identity",
    "ProofNote",
    "Rendered",
    "Tags",
    "new_tags",
    "personalise",
    "render_already_subscribed",
    "render_confirmation",
    "render_digest",
    "render_editions",
    "render_erased",
    "render_invitation",
    "render_move",
    "render_moved",
    "render_notice",
    "render_own_page",
    "render_password_reset",
    "render_proof",
    "render_returned",
    "render_test",
    "render_welcome",
    "template_folder",
]


@dataclass(frozen=True)
class ProofNote:
    """What editors are told above a proof; `changes` and `warnings` are plain sentences."""

    send_at_text: str
    readers: int
    hold_url: str
    desk_url: str
    changes: tuple[str, ...]
    warnings: tuple[str, ...]
    on_hold: bool = False
    """It does not go by itself, so the proof must not say that it does."""
    too_few: str = ""
    """That it has fewer items than an issue needs, and so is skipped at its moment; empty where it has enough."""
    editions: tuple[str, ...] = ()
    """Who gets what, a sentence for each edition; empty where all get the same."""
    whole: int = 0
    """How many readers get everything, where not all do."""


def render_digest(content: Content, identity: Identity, tags: Tags) -> Rendered:
    """The whole issue, the same for all its readers but for the tags.

    Raises ForgedTag where a text of the content holds one of the tags, ValueError for a subject of several lines.
    """
    [rendered] = render_editions([(ChosenContent(content), tags)], identity)
    return rendered


def render_editions(editions: Sequence[tuple[ChosenContent, Tags]], identity: Identity) -> list[Rendered]:
    """Editions of one issue, each with tags of its own; what several of them hold is inlined once. Raises as
    `render_digest` does.
    """
    if not editions:
        return []
    parts, first = Parts(), editions[0][1]
    for chosen, tags in editions:
        refuse_forged(chosen, tags)
    # All with the first one's tags, so that what they share is the same to the letter.
    filled = [
        fill_only("digest", identity, content=chosen.content, chosen=chosen, tags=first, part=parts)
        for chosen, _ in editions
    ]
    pages = parts.inlined([each.html for each in filled])
    return [
        retagged(Rendered(each.subject, each.text, page), first, tags)
        for each, page, (_, tags) in zip(filled, pages, editions, strict=True)
    ]


def render_confirmation(identity: Identity, confirm_url: str, expires: datetime) -> Rendered:
    """Asks a new reader to confirm; `expires` needs its zone."""
    return fill("confirmation", identity, confirm_url=confirm_url, expires=expires)


def render_already_subscribed(identity: Identity, preferences_url: str, unsubscribe_url: str) -> Rendered:
    """Answers a sign-up for an address that gets the digest already."""
    return fill("already_subscribed", identity, preferences_url=preferences_url, unsubscribe_url=unsubscribe_url)


def render_own_page(identity: Identity, page_url: str, expires: datetime) -> Rendered:
    """Opens a reader's own page; `expires` needs its zone."""
    return fill("own_page", identity, page_url=page_url, expires=expires)


def render_move(identity: Identity, other: str, move_url: str, expires: datetime) -> Rendered:
    """Asks the new address of a reader, so far at `other` (masked), to confirm; `expires` needs its zone."""
    return fill("move", identity, other=other, move_url=move_url, expires=expires)


def render_returned(identity: Identity, preferences_url: str, unsubscribe_url: str) -> Rendered:
    """Tells a reader that their leaving was undone."""
    return fill("returned", identity, preferences_url=preferences_url, unsubscribe_url=unsubscribe_url)


def render_moved(identity: Identity, other: str, at: datetime) -> Rendered:
    """Tells a reader's old address that mail goes to `other` (masked) now; `at` needs its zone."""
    return fill("moved", identity, other=other, at=at)


def render_corrected(identity: Identity, old: str, new: str, preferences_url: str, unsubscribe_url: str) -> Rendered:
    """Tells a reader that their address was corrected, from `old` to `new` (both masked); links are "" where they are
    not for whoever reads it.
    """
    urls = {"preferences_url": preferences_url, "unsubscribe_url": unsubscribe_url}
    return fill("corrected", identity, old=old, new=new, **urls)


def render_erased(identity: Identity, at: datetime, carrier: str) -> Rendered:
    """The receipt of an erasure; `at` needs its zone. `carrier`: `sendgrid`, `rehearsal` or `outbox`."""
    return fill("erased", identity, at=at, carrier=carrier)


def render_password_reset(identity: Identity, editor_name: str, reset_url: str, expires: datetime) -> Rendered:
    """Lets an editor choose a new password; `expires` needs its zone."""
    return fill("password_reset", identity, editor_name=editor_name, reset_url=reset_url, expires=expires)


def render_invitation(
    identity: Identity, editor_name: str, invited_by: str, role: Role, set_password_url: str, expires: datetime
) -> Rendered:
    """Brings a new editor to the desk, and says what for; `expires` needs its zone."""
    return fill(
        "invitation",
        identity,
        editor_name=editor_name,
        invited_by=invited_by,
        tasks=TASKS[role],
        set_password_url=set_password_url,
        expires=expires,
    )


def render_notice(
    identity: Identity, heading: str, paragraphs: Sequence[str], link: tuple[str, str] | None
) -> Rendered:
    """Tells editors what happened: a heading, plain paragraphs, and a label with its URL where there is one."""
    return fill("notice", identity, heading=heading, paragraphs=paragraphs, link=link)


def render_proof(digest: Rendered, identity: Identity, note: ProofNote) -> Rendered:
    """The digest exactly as given, under a panel that says when it goes, to how many, and how to hold it."""
    return _under(fill("proof", identity, subject=digest.subject, note=note), digest)


def render_test(digest: Rendered, identity: Identity, desk_url: str) -> Rendered:
    """The digest exactly as given, under a line that says that it is a test."""
    return _under(fill("test", identity, subject=digest.subject, desk_url=desk_url), digest)


def render_welcome(digest: Rendered, identity: Identity, issue_date: date, preferences_url: str) -> Rendered:
    """The latest digest, a reader's own links in it, under a panel that welcomes them."""
    panel = fill("welcome", identity, subject=digest.subject, issue_date=issue_date, preferences_url=preferences_url)
    return _under(panel, digest)


_BODY = re.compile(r"<body\b[^>]*>")


def _under(panel: Rendered, digest: Rendered) -> Rendered:
    """The digest with the panel put before everything it shows; not a byte of the digest itself changes."""
    cut = _after_body_tag(digest.html)
    inside = panel.html[_after_body_tag(panel.html) : panel.html.rindex("</body>")].strip()
    return Rendered(
        panel.subject,
        panel.text + "\n" + digest.text,
        digest.html[:cut] + inside + digest.html[cut:],
    )


def _after_body_tag(html: str) -> int:
    found = _BODY.search(html)
    if found is None:
        raise ValueError("The digest has no body element: build it again.")
    return found.end()
