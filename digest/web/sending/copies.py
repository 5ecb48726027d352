"""One reader's copy of an issue, for admins: sending it again, which asks once on a page of its own."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from digest.domain.issues.calendar import day_and_year
from digest.operations.sending.sending_again import Again, may_have_left, reader_of, send_copy_again, why_not
from digest.operations.shared.refusal import Refused
from digest.storage.accounting.reader_copies import ReaderCopy, copy_with_id
from digest.storage.readers.subscribers import Subscriber
from digest.web.shared import forms
from digest.web.shared.context import here, reading, signed_in
from digest.web.shared.desk import BIG_ROW_ID, ROW_ID, desk
from digest.web.shared.security import admins_only

_PATH = f"/subscribers/<{ROW_ID}:subscriber_id>/copies/<{BIG_ROW_ID}:delivery_id>/again"


@desk.get(_PATH)
def copy_again(subscriber_id: int, delivery_id: int) -> str:
    """Ask once, in words."""
    admins_only()
    copy, reader = _copy(subscriber_id, delivery_id)
    return render_template(
        "sending/copy_again.html",
        copy=copy,
        reader=reader,
        why_not=why_not(reading(), copy, reader),
        may_double=may_have_left(copy),
    )


@desk.post(_PATH)
def copy_again_now(subscriber_id: int, delivery_id: int) -> Response:
    """Send it, and say so; or say why not."""
    admins_only()
    copy, reader = _copy(subscriber_id, delivery_id)
    try:
        came_of_it = send_copy_again(
            here(), copy.delivery_id, signed_in().email, may_double=forms.pressed("may_double")
        )
    except Refused as refusal:
        flash(str(refusal), "warn")
    else:
        flash(_words(came_of_it, copy, reader), "good")
    return redirect(url_for("desk.subscriber", subscriber_id=reader.id), 303)


def _words(came_of_it: Again, copy: ReaderCopy, reader: Subscriber) -> str:
    issue = f"The issue of {day_and_year(copy.issue_date)}"
    if came_of_it is Again.JUST_NOW:
        return f"{issue} was sent again a moment ago. It goes once; nothing more is sent."
    return f"{issue} is on its way to {reader.email} again."


def _copy(subscriber_id: int, delivery_id: int) -> tuple[ReaderCopy, Subscriber]:
    copy = copy_with_id(reading(), delivery_id)
    reader = reader_of(reading(), copy)
    if copy is None or reader is None or reader.id != subscriber_id:
        abort(404)
    return copy, reader
