"""What an admin does for one reader who asked by another way than the form."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from digest.domain.shared.addresses import Address, BadAddress, parse
from digest.operations.readers import on_behalf
from digest.operations.sending.welcoming import NO_WELCOME, add_and_welcome
from digest.operations.shared.refusal import Refused
from digest.web.readers.subscribers import subscriber_or_404
from digest.web.readers.topics import topic_choices
from digest.web.shared import forms
from digest.web.shared.context import here, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.shared.security import admins_only


@desk.get("/subscribers/add")
def add_subscriber() -> str:
    """The form for a reader who consented offline."""
    admins_only()
    return render_template("readers/add_subscriber.html", form={}, errors={})


@desk.post("/subscribers/add")
def add_subscriber_now() -> Response:
    """Add them, with the consent as it was given."""
    admins_only()
    form = {name: forms.line(name) for name in ("email", "asked", "day", "words")}
    missing = {name: _MISSING[name] for name in ("asked", "day", "words") if not form[name]}
    try:
        address = parse(form["email"])
        if not missing:
            consent = f"{form['asked']}, {form['day']}: {form['words']}"
            reader, told = _added(address, consent, form["asked"])
            flash(f"{address.shown} is a reader now.{told}", "good")
            return redirect(url_for("desk.subscriber", subscriber_id=reader), 303)
    except (BadAddress, Refused) as error:
        missing = {"email": str(error), **missing}
    typed = {**form, "welcome": forms.pressed("welcome")}
    return make_response(render_template("readers/add_subscriber.html", form=typed, errors=missing), 422)


def _added(address: Address, consent: str, place: str) -> tuple[int, str]:
    """The new reader's number, and what is to be said of their welcome."""
    if not forms.pressed("welcome"):
        return on_behalf.add_reader(here(), address, consent, place, signed_in().email), ""
    reader, welcomed = add_and_welcome(here(), address, consent, place, signed_in().email)
    return reader, " The latest issue is on its way to them." if welcomed else f" {NO_WELCOME}"


_MISSING = {
    "asked": "Who asked, and how, is missing: for example “Ms Example, by phone”.",
    "day": "The day on which they asked is missing.",
    "words": "The words are missing in which they asked.",
}


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>/address")
def correct_subscriber(subscriber_id: int) -> str:
    """The form for an address that is wrong."""
    admins_only()
    return _correcting(subscriber_id, {}, {})


@desk.post(f"/subscribers/<{ROW_ID}:subscriber_id>/address")
def correct_subscriber_now(subscriber_id: int) -> Response:
    """Give them the address that was meant."""
    admins_only()
    form = {name: forms.line(name) for name in ("email", "reason")}
    try:
        address = parse(form["email"])
        on_behalf.correct_address(here(), subscriber_id, address, form["reason"], signed_in().email)
    except BadAddress as error:
        return make_response(_correcting(subscriber_id, form, {"email": str(error)}), 422)
    except Refused as refusal:
        field = "email" if form["reason"] else "reason"
        return make_response(_correcting(subscriber_id, form, {field: str(refusal)}), 422)
    flash(f"The address is {address.shown} now.", "good")
    return redirect(url_for("desk.subscriber", subscriber_id=subscriber_id), 303)


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>/topics")
def topics_of_subscriber(subscriber_id: int) -> str:
    """What they chose, to be changed on their word."""
    admins_only()
    reader = subscriber_or_404(subscriber_id)
    chosen = reader.topics.split(",")
    return render_template(
        "readers/topics_of_subscriber.html", reader=reader, topics=topic_choices(reader), chosen=chosen
    )


@desk.post(f"/subscribers/<{ROW_ID}:subscriber_id>/topics")
def choose_for_subscriber(subscriber_id: int) -> Response:
    """Have them get these topics."""
    admins_only()
    known = {slug for slug, _ in topic_choices(subscriber_or_404(subscriber_id))}
    chosen = [slug for slug in forms.ticked("topics") if slug in known]
    return _acted(
        subscriber_id,
        lambda: on_behalf.choose_topics_for(here(), subscriber_id, chosen, signed_in().email),
        "The topics are as chosen.",
    )


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>/unsubscribe")
def unsubscribe_subscriber(subscriber_id: int) -> str:
    """Ask once."""
    admins_only()
    return render_template("readers/unsubscribe_subscriber.html", reader=subscriber_or_404(subscriber_id))


@desk.post(f"/subscribers/<{ROW_ID}:subscriber_id>/unsubscribe")
def unsubscribe_subscriber_now(subscriber_id: int) -> Response:
    """Let them leave."""
    admins_only()
    return _acted(
        subscriber_id,
        lambda: on_behalf.unsubscribe_reader(here(), subscriber_id, signed_in().email),
        "They are unsubscribed, as by their own button.",
    )


@desk.post(f"/subscribers/<{ROW_ID}:subscriber_id>/ask-again")
def ask_subscriber_again(subscriber_id: int) -> Response:
    """Mail the link that confirms once more."""
    admins_only()
    return _acted(
        subscriber_id,
        lambda: on_behalf.ask_again(here(), subscriber_id, signed_in().email),
        "The link to confirm is on its way once more. It lives for 7 days.",
    )


def _correcting(subscriber_id: int, form: dict[str, str], errors: dict[str, str]) -> str:
    reader = subscriber_or_404(subscriber_id)
    return render_template("readers/correct_subscriber.html", reader=reader, form=form, errors=errors)


def _acted(subscriber_id: int, act: Callable[[], None], done: str) -> Response:
    subscriber_or_404(subscriber_id)
    try:
        act()
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash(done, "good")
    return redirect(url_for("desk.subscriber", subscriber_id=subscriber_id), 303)
