"""Who our messages say they are from. Apart from the transports, which take long to load and which few who ask need."""

from __future__ import annotations

from digest.config import Settings
from digest.mail.message.templating import Identity


def identity_of(settings: Settings) -> Identity:
    """The publication as its messages show it."""
    return Identity(
        name=settings.site_name,
        url=settings.site_url,
        postal_address=settings.postal_address,
        sender=settings.mail_from or "digest@localhost",
        reply_to=settings.mail_reply_to,
        language=settings.branding.language,
        accent=settings.branding.accent,
    )
