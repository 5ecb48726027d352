"""The link in a proof that puts its issue on hold: no sign-in, no cookie; a page that asks, and one button.

Whoever has the proof may hold. Opening the link changes nothing, since mail scanners open every link.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, make_response, render_template

from digest.domain.issues.calendar import GRACE
from digest.domain.issues.lifecycle import asked_to_go_at
from digest.domain.shared.tokens import Purpose, unseal
from digest.operations.issues.closing import too_few
from digest.operations.issues.holding import HoldLink, HoldOutcome, hold_by_link, look_at_hold_link
from digest.web.shared.context import db, now, reading, settings
from digest.web.shared.security import csrf, private_page

_holding = Blueprint("holding", __name__)


def hang_up(app: Flask) -> None:
    """Put the hold link's page on the site."""
    csrf.exempt(_holding)
    app.register_blueprint(_holding)


@_holding.get("/hold/<token>")
def ask(token: str) -> Response:
    """Ask for the one press of a button that holds."""
    key = _key(token)
    link = look_at_hold_link(reading(), key) if key else None
    if link and link.outcome is HoldOutcome.HELD:
        asked = asked_to_go_at(link.send_now_at, now())
        send_at = asked or settings().schedule.send_moment(link.send_date)
        few = "" if asked else too_few(settings(), link.items)
        return _private(
            "issues/holding/ask.html", 200, link=link, send_at=send_at, late=now() - send_at >= GRACE, few=few
        )
    return _answer(link)


@_holding.post("/hold/<token>")
def hold(token: str) -> Response:
    """Put the issue on hold."""
    key = _key(token)
    return _answer(hold_by_link(db(), now(), key) if key else None)


def _key(token: str) -> str | None:
    return unseal(Purpose.HOLD, token, settings().signing_keys)


def _answer(link: HoldLink | None) -> Response:
    if link is None:
        return _private("issues/holding/not_ours.html", 404)
    if link.outcome is HoldOutcome.TOO_LATE:
        return _private("issues/holding/too_late.html", 409, link=link)
    return _private("issues/holding/held.html", 200, link=link, already=link.outcome is HoldOutcome.ALREADY)


def _private(template: str, status: int, **values: object) -> Response:
    return private_page(make_response(render_template(template, **values), status))
