"""Summaries: the list, and what ends one: taking it back, deleting a draft. Writing them is in `writing`."""

from __future__ import annotations

import re

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.issues.manuscript import Manuscript, from_json
from digest.domain.shared.slugs import folded
from digest.operations.archive.browsing import Asking, Order, browse
from digest.operations.shared.refusal import Refused
from digest.operations.writing import editing
from digest.storage.archive.published import ArchivePage, ArchiveQuestion, latest_withdrawals, summaries_linking
from digest.storage.issues.selections import issues_by_summary
from digest.storage.writing.names import PUBLICATIONS, brief_names
from digest.storage.writing.publications import all_publications
from digest.storage.writing.summaries import Summary, drafts, summary_by_id
from digest.storage.writing.working_copies import WorkingCopy, unfinished_copies
from digest.web.shared.context import db, here, now, reading, signed_in
from digest.web.shared.desk import ROW_ID, asked_word, desk, page_number

_PAGE = 30
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)+/\S*", re.IGNORECASE)
_BEFORE_HOST = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)


@desk.get("/summaries")
def summaries() -> str:
    """Drafts first, then what is published, the newest first; by words, by a source's address, by publication."""
    text, publication = asked_word("q", 300), asked_word("publication", 100)
    only_drafts = request.args.get("only") == "drafts"
    found = _drafts(text, publication) if page_number() == 1 else []
    page = ArchivePage([], 1, 0, _PAGE) if only_drafts else _published(text, publication)
    asked_for_less = bool(text or publication or only_drafts)
    return render_template(
        "writing/summaries.html",
        drafts=found,
        unfinished=_unfinished(text) if page_number() == 1 and not publication else [],
        page=page,
        issues=issues_by_summary(reading(), [summary.id for summary in page.summaries]),
        q=text,
        publication=publication,
        only_drafts=only_drafts,
        withdrawn=[] if asked_for_less else latest_withdrawals(reading(), ArchiveQuestion(), _PAGE),
        publications=[(each.slug, each.name) for each in all_publications(reading())],
        base=url_for("desk.summaries", q=text or None, publication=publication or None),
    )


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/take-back")
def take_back(summary_id: int) -> Response:
    """Make a published summary a draft again."""
    try:
        editing.take_back(db(), now(), summary_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash("It is a draft again, and off the archive and the issue.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)


@desk.get(f"/summaries/<{ROW_ID}:summary_id>/delete")
def delete_draft(summary_id: int) -> str:
    """Ask once."""
    return render_template("writing/delete.html", summary=_draft(summary_id))


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/delete")
def delete_draft_now(summary_id: int) -> Response:
    """Delete a draft for good."""
    try:
        editing.delete_draft(here(), summary_id, signed_in())
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash("The draft is deleted.", "good")
    return redirect(url_for("desk.summaries"), 303)


def _published(text: str, publication: str) -> ArchivePage:
    if _ADDRESS.fullmatch(text):
        return summaries_linking(reading(), _bare(text), publication, page_number(), _PAGE)
    question = ArchiveQuestion(text=text[:200], publication=publication)
    by = next((each for each in brief_names(reading(), PUBLICATIONS) if each.slug == publication), None)
    if publication and by is None:
        return ArchivePage([], 1, 0, _PAGE)
    found = browse(reading(), Asking(question, publication=by, order=Order.RELEVANCE), page_number(), _PAGE)
    return ArchivePage(found.summaries, found.number, found.total, found.size)


def _drafts(text: str, publication: str) -> list[Summary]:
    """There are few, so they are looked through here."""
    return [
        draft
        for draft in drafts(reading())
        if publication in ("", draft.publication.slug)
        and _has(text, f"{draft.title} {draft.body}", [link.url for link in draft.sources])
    ]


def _unfinished(text: str) -> list[tuple[WorkingCopy, Manuscript]]:
    """What is typed and no summary yet, as far as it has these words."""
    read = [(copy, from_json(copy.typed)) for copy in unfinished_copies(reading())]
    return [
        (copy, typed)
        for copy, typed in read
        if _has(text, f"{typed.title} {typed.body}", [source.url for source in typed.sources])
    ]


def _has(text: str, words: str, addresses: list[str]) -> bool:
    if _ADDRESS.fullmatch(text):
        return any(_bare(text) in address.lower() for address in addresses)
    return all(folded(word) in folded(words) for word in text.split())


def _bare(address: str) -> str:
    return _BEFORE_HOST.sub("", address).rstrip("/").lower()


def _draft(summary_id: int) -> Summary:
    summary = summary_by_id(reading(), summary_id)
    return summary if summary and not summary.published_at else abort(404)
