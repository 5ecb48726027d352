"""The desk: where editors write, choose and send. Each file has the pages of one matter, all on one blueprint."""

from __future__ import annotations

from flask import Flask

from digest.web.accounting import deciding, reports
from digest.web.events import sendgrid_status
from digest.web.issues import issue, putting_on
from digest.web.messages import outbox
from digest.web.people import audit, editors, own_login, signing_in
from digest.web.readers import erasures, importing, subscriber_acts, subscribers, suppressions
from digest.web.running import branding, operating
from digest.web.sending import copies
from digest.web.shared.desk import desk
from digest.web.sources import bringing, inbox, newsletters, source, watching, writing_up
from digest.web.writing import autosaving, covered, ends, links_kept, names, pasting, summaries, writing

__all__ = [
    "audit",
    "autosaving",
    "branding",
    "bringing",
    "copies",
    "covered",
    "deciding",
    "editors",
    "ends",
    "erasures",
    "hang_up",
    "importing",
    "inbox",
    "issue",
    "links_kept",
    "names",
    "newsletters",
    "operating",
    "outbox",
    "own_login",
    "pasting",
    "putting_on",
    "reports",
    "sendgrid_status",
    "signing_in",
    "source",
    "subscriber_acts",
    "subscribers",
    "summaries",
    "suppressions",
    "watching",
    "writing",
    "writing_up",
]


def hang_up(app: Flask) -> None:
    """Put the desk on the site."""
    app.register_blueprint(desk)
