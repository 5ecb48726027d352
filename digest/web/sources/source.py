"""One source on the desk: how it is doing, checking it now, pausing and ending it, and its rules."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.sources.states import RuleKind, SourceKind
from digest.operations.shared.refusal import Refused
from digest.operations.sources import ruling
from digest.operations.sources.collecting import Poller
from digest.operations.sources.receiving import name_before_at
from digest.operations.sources.ruling import Effect
from digest.operations.sources.source_files import QUARTER
from digest.operations.sources.watching import (
    SourceDescription,
    check_now,
    describe_source,
    pause_source,
    resume_source,
    stop_watching,
)
from digest.operations.writing.meaning import Meant
from digest.storage.sources.newsletters import newsletters_of
from digest.storage.sources.source_list import source_lines
from digest.storage.sources.source_pages import leads_brought, rule_lines, source_with_publication, topics_of_source
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import Publication, publication_names
from digest.storage.writing.topics import all_topics
from digest.web.shared.context import here, now, reading, settings, signed_in, site
from digest.web.shared.desk import ROW_ID, desk
from digest.web.sources.strangers import asking_strangers
from digest.web.writing.asked_name import said_publication

_LATEST = 20


@desk.get(f"/sources/<{ROW_ID}:source_id>")
def source(source_id: int) -> str:
    """One source. With `?rule=` and `?kind=`, what such a rule would have done to its latest leads."""
    effect, fault = None, ""
    if "rule" in request.args:
        try:
            effect = ruling.effect_of(here(), source_id, _kind(request.args), request.args["rule"])
        except Refused as refusal:
            fault = str(refusal)
    return _page(source_id, effect=effect, fault=fault)


@desk.post(f"/sources/<{ROW_ID}:source_id>/check")
def check_source(source_id: int) -> Response:
    """Ask it before it is due, as far as that is polite."""
    try:
        with asking_strangers() as paced:
            noted = check_now(Poller(site().db, settings(), paced.fetcher), source_id)
    except Refused as refusal:
        flash(str(refusal), "warn")
    else:
        flash(f"Checked: {noted.new_leads:,} new leads.", "good")
    return _back(source_id)


@desk.post(f"/sources/<{ROW_ID}:source_id>/<any(pause, resume):act>")
def pause_or_resume(source_id: int, act: str) -> Response:
    """Ask it no more for now, or again."""
    try:
        if act == "pause":
            pause_source(here(), source_id, signed_in().email)
        else:
            resume_source(here(), source_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "warn")
    return _back(source_id)


@desk.post(f"/sources/<{ROW_ID}:source_id>/describe")
def describe(source_id: int) -> Response:
    """Whose it is, its topics, its language, and whether its articles need a subscription."""
    typed = _typed_description()
    try:
        meant = describe_source(here(), source_id, typed, signed_in().email, said_publication())
    except Refused as refusal:
        return make_response(_page(source_id, described=typed, description_fault=str(refusal)), 422)
    if meant:
        return make_response(_page(source_id, described=typed, meant=meant), 422)
    flash("Saved.", "good")
    return _back(source_id)


def _typed_description() -> SourceDescription:
    given = request.form
    topics = (" ".join(topic.split()) for topic in given.get("topics", "").replace(";", ",").split(","))
    return SourceDescription(
        publication=given.get("publication", "").strip(),
        topics=tuple(filter(None, topics)),
        language=given.get("language", "").strip(),
        subscription_needed="subscription" in given,
    )


@desk.get(f"/sources/<{ROW_ID}:source_id>/remove")
def remove_source(source_id: int) -> str:
    """Ask once."""
    found = source_with_publication(reading(), source_id) or abort(404)
    return render_template("sources/remove.html", source=found[0], publication=found[1])


@desk.post(f"/sources/<{ROW_ID}:source_id>/remove")
def remove_source_now(source_id: int) -> Response:
    """Watch it no more; its leads stay."""
    stop_watching(here(), source_id, signed_in().email)
    flash("It is not watched any more. What it brought stays.", "good")
    return redirect(url_for("desk.sources"), 303)


@desk.post(f"/sources/<{ROW_ID}:source_id>/rules")
def make_rule(source_id: int) -> Response:
    """Sort what it brings by one more rule."""
    try:
        ruling.make_rule(here(), source_id, _kind(request.form), request.form.get("rule", ""), signed_in())
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash("The rule holds for what comes from now on.", "good")
    return _back(source_id)


@desk.post(f"/sources/<{ROW_ID}:source_id>/rules/<{ROW_ID}:rule_id>/drop")
def drop_rule(source_id: int, rule_id: int) -> Response:
    """Sort by it no more."""
    ruling.drop_rule(here(), source_id, rule_id, signed_in().email)
    flash("The rule is gone. What it kept out can be put back one by one.", "good")
    return _back(source_id)


def _page(
    source_id: int,
    effect: Effect | None = None,
    fault: str = "",
    described: SourceDescription | None = None,
    meant: Meant | None = None,
    description_fault: str = "",
) -> str:
    """The page; `described` is what was typed of it and not kept, with why, or with what is asked."""
    found = source_with_publication(reading(), source_id) or abort(404)
    lines = source_lines(reading(), now() - QUARTER)
    return render_template(
        "sources/source.html",
        source=found[0],
        publication=found[1],
        line=next(line for line in lines if line.id == source_id),
        described=described or _description(*found),
        meant=meant,
        description_fault=description_fault,
        publications=publication_names(reading()),
        all_topics=all_topics(reading()),
        rules=rule_lines(reading(), source_id, now()),
        latest=leads_brought(reading(), source_id, _LATEST),
        effect=effect,
        fault=fault,
        typed=request.args.get("rule", ""),
        kind=request.args.get("kind", RuleKind.KEEP_OUT),
        is_polled=found[0].kind != SourceKind.MAIL,
        **(_mailbox(found[0], found[1].name) if found[0].kind == SourceKind.MAIL else {}),
    )


def _description(source: WatchedSource, publication: Publication) -> SourceDescription:
    topics = tuple(topic.name for topic in topics_of_source(reading(), source.id))
    return SourceDescription(publication.name, topics, source.language, source.subscription_needed)


def _mailbox(source: WatchedSource, publication: str) -> dict[str, object]:
    """What is said of a newsletter alone: its messages, where it is posted to, and the address to subscribe with."""
    key = source.mail_key or ""
    return {
        "newsletters": newsletters_of(reading(), source.id, _LATEST),
        "post_url": f"{settings().site_url}/events/inbound/{key}",
        "name_before_at": name_before_at(publication, key),
    }


def _kind(given: Mapping[str, str]) -> RuleKind:
    kind = given.get("kind", RuleKind.KEEP_OUT)
    return RuleKind(kind) if kind in list(RuleKind) else abort(400)


def _back(source_id: int) -> Response:
    return redirect(url_for("desk.source", source_id=source_id), 303)
