"""For machines that look after the site: its health, what crawlers may read, its icon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from flask import Blueprint, Flask, Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound

from digest import config
from digest.operations.running.metrics import Measure, measures
from digest.storage.base.database import Database, database_now
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.running import revisions
from digest.storage.running.heartbeats import last_beat
from digest.web.shared.context import db, here, site
from digest.web.shared.proxies import asked_directly, unknown_proxy
from digest.web.shared.security import csrf

_CLOCK_IS_DEAD_AFTER = 60  # seconds: it ticks every 5
_CLOSED_TO_CRAWLERS = ("/desk", "/confirm/", "/unsubscribe/", "/preferences/", "/yours/", "/hold/", "/events/")
_OK = "ok"
_MIGRATIONS = config.resource("migrations")

service = Blueprint("service", __name__)
csrf.exempt(service)


def hang_up(app: Flask) -> None:
    """Register the service pages."""
    app.register_blueprint(service)


@service.get("/health")
def health() -> ResponseReturnValue:
    """200 when the database answers, is up to date, and the clock has ticked within the minute; else 503.

    What should be mended, but stops nobody, is told beside it.
    """
    checks = {"database": _database(db()), "migrations": _migrations(db()), "clock": _clock(db())}
    well = set(checks.values()) == {_OK}
    hints = {"proxy": words} if (words := unknown_proxy()) else {}
    if checks["migrations"] == _OK and revisions.is_newer(db(), _MIGRATIONS):
        hints["program"] = "older than its database; restart it with the release that upgraded the database"
    answer = jsonify(status=_OK if well else "failing", **checks, **hints)
    answer.cache_control.no_store = True
    return answer, 200 if well else 503


@service.get("/metrics")
def metrics() -> Response:
    """What a monitor alerts on, in Prometheus' text format, for whoever asks this machine directly.

    Through a proxy, or from a public address, it is not there: how a send goes is nobody else's business.
    """
    if not asked_directly():
        raise NotFound
    registry = CollectorRegistry()
    registry.register(_Measures(list(measures(here()))))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


class _Measures(Collector):
    """Numbers that were read once, as Prometheus' client asks for them."""

    def __init__(self, found: Sequence[Measure]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Each name once, with all that it tells apart."""
        for name, several in groupby(self._found, lambda each: each.name):
            each = list(several)
            label = each[0].by
            family = GaugeMetricFamily(name, each[0].words, labels=[label[0]] if label else [])
            for one in each:
                family.add_metric([one.by[1]] if one.by else [], one.value)
            yield family


@service.get("/robots.txt")
def robots() -> Response:
    """The archive is for everyone; the desk and pages whose address carries a token are not."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED_TO_CRAWLERS)]
    lines += ["", f"Sitemap: {site().settings.site_url}/sitemap.xml", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@service.get("/favicon.svg")
@service.get("/favicon.ico")
def icon() -> ResponseReturnValue:
    """The site's icon, where feed readers and browsers look for it without being told."""
    return redirect(url_for("static", filename="favicon.svg"), 301)


def _database(database: Database) -> str:
    try:
        with database.reading() as session:
            session.execute(select(1))
    except DatabaseFileGone:
        return "the file was removed or replaced; restart"
    except SQLAlchemyError:
        return "does not answer"
    return _OK


def _migrations(database: Database) -> str:
    """A newer release's are no fault: they only add, so that this one goes on until it is started anew."""
    try:
        applied = revisions.is_newer(database, _MIGRATIONS) or revisions.at_head(database, _MIGRATIONS)
    except SQLAlchemyError:
        return "unknown"
    return _OK if applied else "not all applied"


def _clock(database: Database) -> str:
    try:
        with database.reading() as session:
            at, now = last_beat(session), database_now(session)
    except SQLAlchemyError:
        return "unknown"
    if at is None:
        return "never ticked"
    age = max(0, round(now - at))
    return _OK if age < _CLOCK_IS_DEAD_AFTER else f"last ticked {age} s ago"
