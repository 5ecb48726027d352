"""Signs of a proxy that the settings do not know of: then all readers seem to be at one address, and share its limits.

What one process saw is told by any: the moment is kept as the time of a file in INSTANCE_PATH.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.config import Settings

_NAME = "proxy-seen"
_NEWS_AGAIN = timedelta(minutes=1)
_HOLDS_FOR = timedelta(hours=1)


def note_unknown_proxy(settings: Settings, now: datetime) -> bool:
    """Note that a request has come by a proxy which is not trusted; returns whether that is news.

    Writes at most once a minute. Raises OSError where the folder can't be written.
    """
    at = _seen_at(settings)
    if at is not None and now - at < _NEWS_AGAIN:
        return False
    descriptor = os.open(_path(settings), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.utime(descriptor, (now.timestamp(), now.timestamp()))
    finally:
        os.close(descriptor)
    return at is None or now - at >= _HOLDS_FOR


def unknown_proxy_was_seen(settings: Settings, now: datetime) -> bool:
    """Whether such a request has come within the hour."""
    at = _seen_at(settings)
    return settings.trusted_proxies == 0 and at is not None and now - at < _HOLDS_FOR


def forget_unknown_proxy(settings: Settings) -> None:
    """At a start: what was seen before, the settings may have mended."""
    _path(settings).unlink(missing_ok=True)


def _seen_at(settings: Settings) -> datetime | None:
    try:
        seconds = _path(settings).stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _path(settings: Settings) -> Path:
    return settings.instance_path / _NAME
