"""How templates write things: dates, moments, counts, and what every page knows of its site."""

from __future__ import annotations

import re
from datetime import date, datetime

from flask import Flask
from markupsafe import Markup, escape

from digest.config import Settings
from digest.domain.issues.calendar import day_and_year
from digest.domain.running.branding import Logo
from digest.domain.running.logos import shown
from digest.web.shared.context import now, settings
from digest.web.shared.languages import language

_CODE = re.compile(r"`([^`]+)`")


def hang_up(app: Flask) -> None:
    """Give the templates their filters and globals."""
    app.jinja_env.filters |= {
        "day": _day,
        "moment": _moment,
        "clock": _clock,
        "dated": _dated,
        "stamp": _stamp,
        "second": _second,
        "weekday": _weekday,
        "many": _many,
        "age": _age,
        "span": _span,
        "number": _number,
        "coded": _coded,
    }
    app.context_processor(_what_every_page_knows)


def _what_every_page_knows() -> dict[str, object]:
    site: Settings = settings()
    branding = site.branding
    spoken = language()
    words = {
        "language": spoken.tag,
        "direction": spoken.direction,
        "name": branding.name,
        "url": site.site_url,
        "tagline": branding.tagline,
        "about": branding.about,
        "sign_up": branding.sign_up,
        "logo": _logo(branding.logo) if branding.logo else None,
        "styles": f"/branding/{branding.accent[1:]}.css" if branding.accent else "",
    }
    return {"site": words, "now": now()}


def _logo(logo: Logo) -> dict[str, object]:
    width, height = shown(logo.width, logo.height)
    url = f"/branding/logo/{logo.key}.{logo.kind}"
    return {"url": url, "width": width, "height": height, "says_name": logo.says_name}


def _day(day: date) -> str:
    """`15 May 2024`."""
    return language().day(day)


def _moment(at: datetime) -> str:
    """`Friday 17 May 2024, 08:00 Europe/London`, on the publication's clock."""
    return language().moment(settings().schedule.local(at))


def _dated(at: datetime) -> str:
    """`17 May 2024`, the day of a moment on the publication's clock."""
    return language().day(settings().schedule.local(at).date())


def _clock(at: datetime) -> str:
    """`Fri 17 May, 08:00`, on the publication's clock; the page says the zone once."""
    local = settings().schedule.local(at)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def _stamp(at: datetime) -> str:
    """`17 May 2024, 08:00`, on the publication's clock; for lists over years that say the zone once."""
    local = settings().schedule.local(at)
    return f"{day_and_year(local.date())}, {local:%H:%M}"


def _second(at: datetime) -> str:
    """`08:00:45`, on the publication's clock; for moments so near that nobody asks of which day."""
    return f"{settings().schedule.local(at):%H:%M:%S}"


def _weekday(day: date) -> str:
    """`Friday 17 May 2024`."""
    return language().long_day(day)


def _number(count: int) -> str:
    """`4,812`."""
    return language().number(count)


def _coded(words: str) -> Markup:
    """What stands between backticks, such as a command, as code; everything else as text."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(words))))  # noqa: S704 - escaped just before


def _many(count: int, one: str, several: str = "") -> str:
    """`1 reader`, `4,812 readers`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def _age(at: datetime) -> str:
    """`12 min`, `3 h`, `5 d` since then; a date where that is longer than four weeks ago."""
    minutes = max(1, int((now() - at).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // 1440} d" if minutes < 28 * 1440 else day_and_year(settings().schedule.local(at).date())


def _span(seconds: int) -> str:
    """`40 minutes`, `3 hours`, `5 days`: about how long that is."""
    for size, word in ((86_400, "day"), (3_600, "hour")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {word}s"
    return _many(max(1, round(seconds / 60)), "minute")
