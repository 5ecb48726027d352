"""A reader's own page: asked for on the privacy page, opened by a fresh link. All that is held, moving, erasing.

The same path takes the link that a new address confirms by.
"""

from __future__ import annotations

import json
from datetime import date

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from digest.config.catalogues import noted as _
from digest.domain.shared.addresses import BadAddress, masked, parse
from digest.domain.shared.tokens import Purpose
from digest.operations.readers import consent_wordings, own_page, privacy, readdressing
from digest.operations.readers.personal_data import what_we_hold
from digest.operations.readers.personal_file import for_machines
from digest.operations.readers.readdressing import MoveState
from digest.operations.readers.recipients import carrier_of
from digest.operations.shared.links import preferences_url
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.web.readers.answers import contact, key_in, next_issue, not_ours, private, said
from digest.web.readers.topics import in_words, topic_names
from digest.web.shared import forms
from digest.web.shared.context import here, now, reading, settings
from digest.web.shared.languages import language
from digest.web.shared.security import private_page

yours = Blueprint("yours", __name__)
_MOVE_PAGES = {
    MoveState.DONE: MoveState.MOVED,
    MoveState.LEFT: MoveState.TAKEN,
    MoveState.BLOCKED: MoveState.TAKEN,
}
"""States that share another one's page, in words of their own."""


@yours.get("/yours/<token>")
def page(token: str) -> ResponseReturnValue:
    """All that is held; or, by the link to a new address, the question whether to move there."""
    if key := key_in(Purpose.MOVE, token):
        return _move(*readdressing.look_at_move(here().within(reading()), key))
    key = key_in(Purpose.YOURS, token)
    return _page(own_page.owner_of(reading(), key, now())) if key else not_ours()


@yours.get("/yours/<token>/data.json")
def data(token: str) -> ResponseReturnValue:
    """The same, for programs."""
    key = key_in(Purpose.YOURS, token)
    if key is None:
        return not_ours()
    reader = own_page.owner_of(reading(), key, now())
    if reader is None:
        return _gone()
    text = json.dumps(for_machines(what_we_hold(reading(), settings(), reader)), indent=2, ensure_ascii=False)
    answer = private_page(Response(text + "\n", mimetype="application/json"))
    answer.headers["Content-Disposition"] = "attachment; filename=what-we-hold.json"
    return answer


@yours.post("/yours/<token>")
def act(token: str) -> ResponseReturnValue:
    """Move, or erase, asked twice."""
    if key := key_in(Purpose.MOVE, token):
        return _move(*readdressing.move(here(), key, _("the page that the link opens")))
    key = key_in(Purpose.YOURS, token)
    if key is None:
        return not_ours()
    reader = own_page.owner_of(reading(), key, now())
    if reader is None:
        return _gone()
    if forms.pressed("erase", "ask"):
        return private("readers/yours_erase.html", address=reader.email)
    if forms.pressed("erase", "yes"):
        erased = privacy.erase_by_link(here(), key, "the reader, on their own page")
        return private("readers/erased.html") if erased else _gone()
    if forms.pressed("move"):
        return _ask_to_move(reader, key)
    return _page(reader)


def _ask_to_move(reader: Subscriber, key: str) -> Response:
    try:
        address = parse(forms.line("email"))
    except BadAddress as error:
        return _page(reader, forms.line("email"), said(error))
    if address.key == reader.address:
        return _page(reader, address.shown, language().gettext("That is the address that you have. Enter the new one."))
    if not readdressing.ask_to_move(here(), key, address, request.remote_addr or ""):
        return _gone()
    return private("readers/move_sent.html", address=address.shown, contact=contact())


def _page(reader: Subscriber | None, new_address: str = "", error: str = "") -> Response:
    if reader is None:
        return _gone()
    names = topic_names()
    return private(
        "readers/yours.html",
        422 if error else 200,
        held=what_we_hold(reading(), settings(), reader),
        topic=lambda slug: names.get(slug) or in_words(slug),
        day_of=lambda day: language().day(date.fromisoformat(day)),
        new_address=new_address,
        error=error,
        preferences=preferences_url(settings(), reader.link_key),
        carrier=carrier_of(settings()),
    )


def _move(found: MoveState, reader: Subscriber | None, email: str) -> Response:
    return private(
        f"readers/move_{_MOVE_PAGES.get(found, found)}.html",
        410 if found is MoveState.GONE else 200,
        state=found,
        old=masked(reader.email) if reader else "",
        new=email,
        subscribed=reader is not None and reader.state == SubscriberState.CONFIRMED,
        wording=consent_wordings.moving(settings()),
        next_issue=next_issue(),
        contact=contact(),
    )


def _gone() -> Response:
    return private("readers/yours_gone.html", 410)
