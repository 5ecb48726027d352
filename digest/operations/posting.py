"""Making the request out of a claim: one body for all, and for each reader what differs."""

from __future__ import annotations

from collections.abc import Mapping

from digest.config import Settings
from digest.domain.calendar import day_and_year
from digest.mail.outbox import Bulk, Recipient
from digest.operations.claiming import Claim
from digest.operations.composing import tag_values
from digest.operations.links import preferences_url, unsubscribe_url
from digest.storage.deliveries import Copy

_UNKNOWN_DAY = "a day we did not record"


def bulk_of(settings: Settings, claim: Claim) -> Bulk:
    """The claim as one bulk message."""
    return Bulk(
        rendered=claim.rendered,
        recipients=[_recipient(settings, claim, copy) for copy in claim.copies],
        headers=digest_headers(settings, claim.issue_date.isoformat()),
        category="digest",
        deadline=claim.deadline,
    )


def digest_headers(settings: Settings, issue_date: str) -> Mapping[str, str]:
    """What every copy carries alike: List-Id (RFC 2919), the archive and help (RFC 2369), Feedback-ID (Gmail's)."""
    host = _host(settings)
    return {
        "List-Id": f"{_header_word(settings.site_name)} <digest.{host}>",
        "List-Archive": f"<{settings.site_url}/issues>",
        "List-Help": f"<{settings.site_url}/privacy>",
        "Feedback-ID": f"{issue_date}:digest:weekly:{host.replace('.', '-')}",
    }


def _recipient(settings: Settings, claim: Claim, copy: Copy) -> Recipient:
    leave = unsubscribe_url(settings, copy.link_key)
    since = day_and_year(copy.confirmed_on) if copy.confirmed_on else _UNKNOWN_DAY
    return Recipient(
        address=copy.address,
        values=tag_values(claim.tags, leave, preferences_url(settings, copy.link_key), since),
        # RFC 8058, section 3: one HTTPS address, and the header that says one POST to it is enough.
        headers={"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        args={
            "digest_issue": claim.issue_date.isoformat(),
            "digest_batch": str(claim.batch_id),
            "digest_attempt": claim.attempt_id,
            "digest_delivery": str(copy.delivery_id),
        },
    )


def _host(settings: Settings) -> str:
    return settings.site_url.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0]


def _header_word(text: str) -> str:
    """A phrase as a header may carry it: ASCII, without what ends a phrase (RFC 5322, section 3.2.3)."""
    plain = text.encode("ascii", "ignore").decode()
    return "".join(character for character in plain if character.isalnum() or character == " ").strip() or "Digest"
