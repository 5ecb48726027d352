"""What the doctor thinks of the settings: each is understood by now, but some leave things undone."""

from __future__ import annotations

from collections.abc import Iterator

from digest.config import Settings
from digest.domain.running.findings import Finding, broken, doubtful, fine

_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def of_settings(settings: Settings) -> Iterator[Finding]:
    """Whether they fit each other, and what they leave undone."""
    is_real = settings.mail_transport == "sendgrid"
    found = list(_doubts_on_settings(settings, is_real))
    yield from found or [fine("settings", "Every setting is understood and fits the others.")]
    if settings.mail_redirect_all:
        yield doubtful(
            "rehearsal",
            "MAIL_REDIRECT_ALL is set: no reader gets anything.",
            "Take it out when the rehearsal is over.",
        )


def _doubts_on_settings(settings: Settings, is_real: bool) -> Iterator[Finding]:
    if not is_real:
        return
    if not settings.site_url.startswith("https://") and not settings.site_url.startswith(_LOOPBACK):
        yield broken(
            "settings",
            f"SITE_URL is {settings.site_url}: readers’ links go over plain http, and one-click leaving does not work.",
            "Serve the site by https, and set SITE_URL to its https address.",
        )
    if not settings.site_controller or not settings.mail_reply_to:
        lacking = "SITE_CONTROLLER" if not settings.site_controller else "MAIL_REPLY_TO"
        yield doubtful(
            "settings",
            f"{lacking} is not set: the privacy page can’t say who answers for the data, and where to write.",
            "Set SITE_CONTROLLER, SITE_AUTHORITY and MAIL_REPLY_TO.",
        )
    if not settings.alert_url:
        yield doubtful(
            "settings",
            "ALERT_URL is not set: when mail is what is broken, nobody hears of it.",
            "Set it to an address that takes alerts by POST, for example of a chat.",
        )
    if not settings.heartbeat_url:
        yield doubtful(
            "settings",
            "HEARTBEAT_URL is not set: a dead clock, or a dead machine, tells nobody.",
            "Set it to a check of an outside monitor that expects a ping each minute.",
        )
