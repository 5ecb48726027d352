"""create_app(): settings, sessions, transport, then hang up the pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from digest import config
from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.running.startup import open_database
from digest.storage.base.database import Database
from digest.storage.base.patience import Gate, Patience
from digest.storage.people.desk_sessions import LONGEST
from digest.web import desk, readers
from digest.web.archive import archive
from digest.web.archive.keeping_up import Indexer
from digest.web.events import webhook
from digest.web.issues import holding
from digest.web.messages.postman import Postman
from digest.web.running import branding, service
from digest.web.serving.limits import LARGEST_BODY
from digest.web.shared import errors, filters, languages, proxies, security, unsaved
from digest.web.shared.context import EXTENSION, Site, end_reading
from digest.web.shared.request_ids import RequestIds
from digest.web.sources import about, receiving

_TEMPLATES = config.resource("templates")
_WAIT_TO_WRITE = 3.0
"""Seconds that a form waits for others who write. Half of the threads may wait so; the other half go on reading."""
_STATIC = Path(__file__).parent / "web" / "static"


def create_app(settings: Settings | None = None, with_postman: bool = True, threads: int = 8) -> Flask:
    """The site, served by so many threads. Raises BadSetting when it can't be run as set.

    Without its postman it queues messages and leaves handing them over to the clock, as it does the search index.
    """
    settings = settings or config.load()
    patient = open_database(settings)
    postman = Postman(patient, settings, open_transport(settings)) if with_postman else None
    if not postman:
        patient.close()
    db = Database(settings.database_url, Patience(_WAIT_TO_WRITE, Gate(max(1, threads // 2))))
    app = Flask("digest", template_folder=str(_TEMPLATES / "pages"), static_folder=str(_STATIC))
    app.config.update(_flask_settings(settings))
    app.jinja_env.trim_blocks = True
    app.extensions[EXTENSION] = Site(settings, db)
    if postman:
        db.listen(postman.wake)
        app.before_request(postman.start)
        app.before_request(Indexer(patient).start)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = RequestIds(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    proxies.watch(app, settings.trusted_proxies)
    security.guard(app)
    app.teardown_request(end_reading)
    for room in (
        branding,
        readers,
        archive,
        about,
        holding,
        desk,
        webhook,
        receiving,
        service,
        errors,
        unsaved,
        filters,
        languages,
    ):
        room.hang_up(app)
    return app


def _flask_settings(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "SESSION_COOKIE_NAME": "digest_desk",
        "SESSION_COOKIE_PATH": "/desk",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.site_url.startswith("https://"),
        "PERMANENT_SESSION_LIFETIME": timedelta(seconds=LONGEST.total_seconds()),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
    }
