"""Suppressions, for admins: whether and why an address is never mailed, how many there are, and lifting one."""

from __future__ import annotations

from datetime import datetime

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.shared.addresses import Address, BadAddress, as_held
from digest.operations.readers.lifting import SHOWN, THEIR_WISH, NeedsTheirWord, lift_suppression
from digest.operations.shared.refusal import Refused
from digest.operations.suppressions.suppression_files import why_suppressed
from digest.storage.suppressions.suppressions import count_by_reason, suppression_page
from digest.web.shared import forms
from digest.web.shared.context import db, here, reading, settings, signed_in
from digest.web.shared.desk import asked_word, desk
from digest.web.shared.security import admins_only

_PAGE = 50
_LONGEST = 254


@desk.get("/suppressions")
def suppressions() -> str:
    """The counts, one address that was asked for, and the list, the newest first."""
    admins_only()
    return _page(asked_word("q", _LONGEST), {})


@desk.post("/suppressions/lift")
def lift_suppression_now() -> Response:
    """Let an address be mailed again."""
    admins_only()
    email, reason = forms.line("email"), forms.line("reason")
    try:
        address = as_held(email)
        was = lift_suppression(here(), address, reason, forms.pressed("asked"), signed_in().email)
    except BadAddress as error:
        return make_response(_page(email, {"q": str(error)}), 422)
    except Refused as refusal:
        field = "asked" if isinstance(refusal, NeedsTheirWord) else "reason"
        return make_response(_page(email, {field: str(refusal)}), 422)
    at_sendgrid = " SendGrid keeps lists of its own: take the address out there, too." if was in _AT_SENDGRID else ""
    flash(f"{address.shown} is no longer suppressed.{at_sendgrid}", "good")
    return redirect(url_for("desk.suppressions"), 303)


_AT_SENDGRID = ("bounce", "complaint", "invalid")


def _page(typed: str, errors: dict[str, str]) -> str:
    address = _address(typed, errors)
    before = _before(request.args.get("before", ""))
    found = suppression_page(reading(), before, _PAGE + 1)
    last = found[_PAGE - 1] if len(found) > _PAGE else None
    return render_template(
        "readers/suppressions.html",
        q=typed,
        errors=errors,
        form=request.form,
        address=address,
        why=why_suppressed(db(), settings(), address) if address else None,
        their_wish=THEIR_WISH,
        counts=count_by_reason(reading()),
        listed=found[:_PAGE],
        shown=SHOWN,
        is_first=before is None,
        following=url_for("desk.suppressions", before=f"{last.at.isoformat()} {last.address_hash}") if last else "",
    )


def _address(typed: str, errors: dict[str, str]) -> Address | None:
    try:
        return as_held(typed) if typed else None
    except BadAddress as error:
        errors.setdefault("q", str(error))
        return None


def _before(asked: str) -> tuple[datetime, str] | None:
    moment, _, address_hash = asked.replace("\0", "").partition(" ")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, address_hash[:64]) if at.tzinfo else None
