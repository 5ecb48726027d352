"""The addresses that our messages and pages link to. SITE_URL is their only source, never a request."""

from __future__ import annotations

from datetime import date

from digest.config import Settings
from digest.domain.shared.tokens import Purpose, seal


def confirm_url(settings: Settings, key: str) -> str:
    """Where a sign-up is confirmed."""
    return _sealed(settings, "confirm", Purpose.CONFIRM, key)


def unsubscribe_root(settings: Settings) -> str:
    """What a reader's token is put behind, to leave."""
    return f"{settings.site_url}/unsubscribe/"


def unsubscribe_url(settings: Settings, key: str) -> str:
    """Where a reader leaves."""
    return unsubscribe_root(settings) + seal(Purpose.UNSUBSCRIBE, key, settings.secret_key)


def preferences_root(settings: Settings) -> str:
    """What a reader's token is put behind, to choose topics."""
    return f"{settings.site_url}/preferences/"


def preferences_url(settings: Settings, key: str) -> str:
    """Where a reader chooses topics."""
    return preferences_root(settings) + seal(Purpose.PREFERENCES, key, settings.secret_key)


def yours_url(settings: Settings, key: str) -> str:
    """A reader's own page: what is held, another address, erasing."""
    return _sealed(settings, "yours", Purpose.YOURS, key)


def move_url(settings: Settings, key: str) -> str:
    """Where a reader confirms another address."""
    return _sealed(settings, "yours", Purpose.MOVE, key)


def hold_url(settings: Settings, key: str) -> str:
    """Where an issue is put on hold without signing in."""
    return _sealed(settings, "hold", Purpose.HOLD, key)


def password_url(settings: Settings, key: str) -> str:
    """Where an editor chooses a password."""
    return _sealed(settings, "desk/password", Purpose.PASSWORD, key)


def desk_issue_url(settings: Settings, send_date: date) -> str:
    """An issue on the desk."""
    return f"{settings.site_url}/desk/issues/{send_date.isoformat()}"


def past_issue_url(settings: Settings, send_date: date) -> str:
    """A sent issue's public page."""
    return f"{settings.site_url}/issues/{send_date.isoformat()}"


def desk_report_url(settings: Settings, send_date: date) -> str:
    """An issue's account on the desk."""
    return f"{settings.site_url}/desk/reports/{send_date.isoformat()}"


def desk_subscribers_url(settings: Settings) -> str:
    """The subscribers' list on the desk."""
    return f"{settings.site_url}/desk/subscribers"


def desk_subscriber_url(settings: Settings, subscriber_id: int) -> str:
    """A reader and their copies on the desk."""
    return f"{settings.site_url}/desk/subscribers/{subscriber_id}"


def summary_url(settings: Settings, publication_slug: str, slug: str, summary_id: int) -> str:
    """A summary's permanent page."""
    return f"{settings.site_url}{summary_path(publication_slug, slug, summary_id)}"


def summary_path(publication_slug: str, slug: str, summary_id: int) -> str:
    """A summary's permanent page, from the root of the site."""
    return f"/news/{publication_slug}/{slug}/{summary_id}"


def _sealed(settings: Settings, path: str, purpose: Purpose, key: str) -> str:
    return f"{settings.site_url}/{path}/{seal(purpose, key, settings.secret_key)}"
