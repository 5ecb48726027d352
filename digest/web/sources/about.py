"""`/about/feeds`: what our poller does, for publishers who find it in their logs."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue

from digest.domain.sources.hosts import AT_ONCE
from digest.domain.sources.politeness import LONGEST_HOLD
from digest.feeds.fetching.fetcher import LARGEST
from digest.feeds.fetching.rules import fetch_rules
from digest.operations.sources.asking import PATIENCE
from digest.web.readers.answers import contact
from digest.web.shared.context import settings
from digest.web.shared.security import csrf

about_feeds = Blueprint("about_feeds", __name__)
csrf.exempt(about_feeds)


def hang_up(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(about_feeds)


@about_feeds.get("/about/feeds")
def page() -> ResponseReturnValue:
    """What we fetch, how often, and how to stop us."""
    return render_template(
        "sources/about.html",
        agent=fetch_rules(settings()).agent,
        minutes=round(settings().feed_interval.total_seconds() / 60),
        at_once=AT_ONCE,
        patience=round(PATIENCE),
        megabytes=LARGEST // 1_000_000,
        longest_hold=LONGEST_HOLD.days,
        contact=contact(),
    )
