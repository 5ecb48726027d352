"""Publications and topics on the desk: what each is called, what hangs on it, renaming and merging."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.mail.message.templating import counted
from digest.operations.shared.refusal import Refused
from digest.operations.writing import naming
from digest.operations.writing.naming import Hanging
from digest.storage.sources.source_pages import sources_of_publication, sources_on_topic
from digest.storage.writing.names import (
    PUBLICATIONS,
    TOPICS,
    Named,
    aliases_of,
    all_named,
    id_of_name,
    named,
    names_page,
)
from digest.web.shared.context import here, reading, reread, signed_in
from digest.web.shared.desk import ROW_ID, asked_word, desk, page_number

_PAGE = 50
_KINDS = {"publications": PUBLICATIONS, "topics": TOPICS}
_WHAT = "<any(publications, topics):what>"
_ONE = f"/{_WHAT}/<{ROW_ID}:row_id>"


@desk.get(f"/{_WHAT}")
def names(what: str) -> str:
    """The list by name, with how many summaries each has."""
    text, number = asked_word("q", 200), page_number()
    found, total = names_page(reading(), _KINDS[what], text, number, _PAGE)
    return render_template(
        "writing/names.html",
        what=what,
        found=found,
        total=total,
        q=text,
        page=number,
        pages=max(1, -(-total // _PAGE)),
        base=url_for("desk.names", what=what, q=text or None),
    )


@desk.get(_ONE)
def name(what: str, row_id: int) -> str:
    """One, with its other names and what hangs on it."""
    return _page(what, _there(what, row_id))


@desk.post(_ONE)
def give_name(what: str, row_id: int) -> Response | tuple[str, int]:
    """Give it another name, and new addresses if that is ticked."""
    wanted = request.form.get("name", "")
    try:
        naming.rename(here(), _KINDS[what], row_id, wanted, "new_address" in request.form, signed_in().email)
    except Refused as refusal:
        return _page(what, _again(what, row_id), {"name": str(refusal)}, typed=wanted), 409
    flash("It is renamed. The name it had still finds it.", "good")
    return _back(what, row_id)


@desk.post(f"{_ONE}/aliases")
def add_alias(what: str, row_id: int) -> Response | tuple[str, int]:
    """Let one more name find it."""
    wanted = request.form.get("alias", "")
    try:
        naming.also_call(here(), _KINDS[what], row_id, wanted, signed_in().email)
    except Refused as refusal:
        return _page(what, _again(what, row_id), {"alias": str(refusal)}, alias=wanted), 409
    flash(f"“{wanted.strip()}” finds it too.", "good")
    return _back(what, row_id)


@desk.post(f"{_ONE}/aliases/remove")
def remove_alias(what: str, row_id: int) -> Response:
    """Let another name find it no more."""
    try:
        naming.no_longer_call(here(), _KINDS[what], row_id, request.form.get("spelling", ""), signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
        return redirect(url_for("desk.names", what=what), 303)
    return _back(what, row_id)


@desk.get(f"{_ONE}/merge")
def ask_to_merge(what: str, row_id: int) -> str:
    """Ask once, with the numbers."""
    kind, found, wanted = _KINDS[what], _there(what, row_id), asked_word("into", 200)
    into = named(reading(), kind, id_of_name(reading(), kind, wanted) or 0) if wanted else None
    if into is None or into.id == row_id:
        fault = f"Choose another {kind.word} from the list." if into or not wanted else f"There is no “{wanted[:100]}”."
        return _page(what, found, {"into": fault}, into=wanted)
    return render_template(
        "writing/merge_names.html",
        what=what,
        found=found,
        into=into,
        moved=_in_words(naming.hanging(reading(), kind, found)),
    )


@desk.post(f"{_ONE}/merge")
def merge_names(what: str, row_id: int) -> Response:
    """Make one of both."""
    kind, into_id = _KINDS[what], request.form.get("into", 0, int)
    gone = named(reading(), kind, row_id)
    try:
        moved = naming.merge(here(), kind, row_id, into_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
        return redirect(url_for("desk.names", what=what), 303)
    flash(f"“{gone.name if gone else ''}” is merged into this. What came along: {_in_words(moved)}.", "good")
    return _back(what, into_id)


def _page(what: str, found: Named, errors: dict[str, str] | None = None, **typed: str) -> str:
    kind = _KINDS[what]
    return render_template(
        "writing/name.html",
        what=what,
        word=kind.word,
        found=found,
        errors=errors or {},
        typed=typed,
        longest=naming.LONGEST[kind],
        aliases=aliases_of(reading(), kind, found.id),
        sources=(sources_of_publication if kind is PUBLICATIONS else sources_on_topic)(reading(), found.id),
        hanging=naming.hanging(reading(), kind, found),
        others=[other.name for other in all_named(reading(), kind) if other.id != found.id],
    )


def _in_words(moved: Hanging) -> str:
    parts = [
        counted(moved.summaries, "summary", "summaries"),
        *([counted(moved.sources, "source", "sources")] if moved.sources else []),
        *([counted(moved.readers, "reader’s choice", "readers’ choices")] if moved.readers else []),
    ]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def _there(what: str, row_id: int) -> Named:
    return named(reading(), _KINDS[what], row_id) or abort(404)


def _again(what: str, row_id: int) -> Named:
    return named(reread(), _KINDS[what], row_id) or abort(404)


def _back(what: str, row_id: int) -> Response:
    return redirect(url_for("desk.name", what=what, row_id=row_id), 303)
