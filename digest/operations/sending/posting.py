"""Making the request out of a claim: one body for all, and for each reader what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache, partial

from digest.config import Settings
from digest.config.catalogues import Language, speaking
from digest.domain.shared.tokens import Sealer
from digest.mail.message.foreign import why_not_to_send
from digest.mail.outgoing.interface import Answer, Bulk, Certainty, Transport
from digest.mail.outgoing.making import MakingFault, not_made_for, tried
from digest.operations.sending.claiming import Claim
from digest.operations.shared import links


def post_claim(settings: Settings, transport: Transport, claim: Claim) -> Answer:
    """Make the request and hand it over. Where it can't be made, nothing has left; the copies at fault are named.

    A digest that readers are promised never to get is not posted: its readers wait, and the editors are told.
    """
    if why_not := why_not_to_send(claim.rendered, claim.tags, claim.stored_hash):
        return Answer(Certainty.REFUSED, detail=f"nothing was posted: {why_not}", of_edition=True)
    bulk = tried(lambda: bulk_of(settings, claim))
    if isinstance(bulk, MakingFault):
        return not_made_for(len(claim.copies), bulk, partial(_one_of, settings, claim))
    return transport.send_bulk(bulk)


def _one_of(settings: Settings, claim: Claim, index: int) -> Bulk:
    return bulk_of(settings, replace(claim, copies=claim.copies.only(index)))


def bulk_of(settings: Settings, claim: Claim) -> Bulk:
    """The claim as one bulk message."""
    copies = claim.copies
    leave, choose = Sealer.seal_readers(copies.link_keys, settings.secret_key)
    spoken = speaking(settings.branding.language)
    days = (since(day, spoken) for day in copies.confirmed_on)
    return Bulk(
        rendered=claim.rendered,
        tags=claim.tags,
        recipients=list(zip(copies.addresses, leave, choose, days, copies.deliveries, strict=True)),
        leave_root=links.unsubscribe_root(settings),
        choose_root=links.preferences_root(settings),
        headers=digest_headers(settings, claim.issue_date.isoformat(), claim.sender_name),
        category="digest",
        issue=claim.issue_date.isoformat(),
        batch=claim.batch_id,
        attempt=claim.attempt_id,
        deadline=claim.deadline,
        at=claim.at,
        sender_name=claim.sender_name,
    )


def digest_headers(settings: Settings, issue_date: str, name: str) -> Mapping[str, str]:
    """What every copy carries alike: List-Id (RFC 2919), the archive and help (RFC 2369), Feedback-ID (Gmail's)."""
    host = _host(settings)
    return {
        "List-Id": f"{_header_word(name)} <digest.{host}>",
        "List-Archive": f"<{settings.site_url}/issues>",
        "List-Help": f"<{settings.site_url}/privacy>",
        "Feedback-ID": f"{issue_date}:digest:weekly:{host.replace('.', '-')}",
    }


@cache
def since(day: str, spoken: Language) -> str:
    """Since when a reader subscribes, in words, by the date of the confirmation (2024-05-17, or empty)."""
    return spoken.day(date.fromisoformat(day)) if day else spoken.gettext("a day we did not record")


def _host(settings: Settings) -> str:
    return settings.site_url.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0]


def _header_word(text: str) -> str:
    """A phrase as a header may carry it: ASCII, without what ends a phrase (RFC 5322, section 3.2.3)."""
    plain = text.encode("ascii", "ignore").decode()
    return "".join(character for character in plain if character.isalnum() or character == " ").strip() or "Digest"
