"""The exact digest, looked at five ways: wide, on a phone, in the dark, as plain text, as a line in the inbox."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, make_response, render_template, request

from digest.domain.issues.edition import plain
from digest.mail.message.identity import identity_of
from digest.operations.issues.composing import Composed, compose, sample
from digest.operations.issues.editions import compose_for_topics
from digest.web.issues.issue_page import issue_of
from digest.web.shared.context import now, reading, settings
from digest.web.shared.desk import desk
from digest.web.shared.security import MAIL_PREVIEW_CSP

_DARK_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_SCHEME_META = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*(")', re.IGNORECASE)
_SCHEME_STYLE = re.compile(r"(color-schemes?\s*:\s*)light dark", re.IGNORECASE)
_PREHEADER_SHOWN = 140


@desk.get("/issues/<day>/preview/<any(wide, phone, dark):view>")
def preview_html(day: str, view: str) -> Response:
    """The HTML part, held to light or dark whatever the editor's own machine prefers."""
    html = sample(_composed(day), settings(), now().date()).html
    return _framed(in_scheme(html, dark=view == "dark"))


@desk.get("/issues/<day>/preview/text")
def preview_text(day: str) -> Response:
    """The plain part."""
    shown = sample(_composed(day), settings(), now().date())
    return _framed(render_template("issues/preview_text.html", text=shown.text, subject=shown.subject))


@desk.get("/issues/<day>/preview/inbox")
def preview_inbox(day: str) -> Response:
    """What a phone's inbox shows before the digest is opened."""
    composed = _composed(day)
    page: dict[str, Any] = {
        "sender": identity_of(settings()).name,
        "subject": composed.rendered.subject,
        "preheader": _preheader(composed),
        "at": settings().schedule.send,
    }
    return _framed(render_template("issues/preview_inbox.html", **page))


def in_scheme(html: str, dark: bool) -> str:
    """A message as a mail client in the dark shows it, or one in the light."""
    scheme = "dark" if dark else "light"
    html = _DARK_QUERY.sub("all" if dark else "not all", html)
    return _SCHEME_STYLE.sub(rf"\g<1>{scheme}", _SCHEME_META.sub(rf"\g<1>{scheme}\g<2>", html))


def _composed(day: str) -> Composed:
    composed = compose(reading(), settings(), issue_of(day))
    return compose_for_topics(reading(), settings(), composed, request.args.get("topics", ""))


def _preheader(composed: Composed) -> str:
    content = composed.content
    return (content.preheader or plain(content.introduction_html))[:_PREHEADER_SHOWN]


def _framed(html: str) -> Response:
    return make_response(html, 200, {"Content-Security-Policy": MAIL_PREVIEW_CSP})
