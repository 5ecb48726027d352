"""Past issues in and out as JSON lines: what went out elsewhere, to be read here; and ours, to be taken along.

An imported issue has a page and a number, and nothing else: no copies, no account, and nothing of it is ever
sent. The whole file is read and checked first; with one faulty line nothing is imported. Then it is written in short
transactions, so that the site goes on. Cut short, it is finished by running it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from digest.config.catalogues import speaking
from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.edition import (
    Content,
    Item,
    default_preheader,
    default_subject,
    from_json,
    in_sections,
    to_json,
)
from digest.domain.issues.lifecycle import FROZEN, IssueState
from digest.domain.issues.numbering import faults_in_numbers
from digest.domain.issues.withdrawing import names_any
from digest.domain.shared.spoken import Spoken
from digest.domain.shared.stored import UnreadableRecord
from digest.domain.shared.tokens import new_key
from digest.domain.writing import markup
from digest.operations.issues.closing import THE_COMMAND
from digest.operations.issues.composing import item_of
from digest.operations.issues.issue_lines import IncomingIssue, issue_on_line
from digest.operations.issues.past_posts import PassedOver
from digest.operations.shared.context import Context
from digest.storage.archive.beside import published_among
from digest.storage.archive.past_issues import closings_of_past
from digest.storage.base.database import Database
from digest.storage.issues.issues import (
    Closing,
    Issue,
    issue_number,
    issues_by_date,
    last_closing,
    next_number,
    numbers_given,
)
from digest.storage.issues.selections import append_selections, selected_ids
from digest.storage.writing.summaries import summaries_by_ids, titles_of, withdrawals_of

_AT_ONCE = 25


@dataclass(frozen=True)
class ImportedIssues:
    """What an import did. `faults` are (line number, reason); with any, nothing was imported. `next_number` is what the
    next issue of this site will have.
    """

    added: int = 0
    already_there: int = 0
    next_number: int = 0
    faults: tuple[tuple[int, str], ...] = ()


def import_issues(context: Context, lines: Iterable[str], dry_run: bool = False) -> ImportedIssues:
    """Keep the past issues on these lines, to be read. Again, it changes nothing; nor does a `dry_run`."""
    read, faults = _read(lines)
    new, more, following = _sorted_out(context, read)
    if faults := sorted([*faults, *more]):
        return ImportedIssues(faults=tuple(faults))
    if not dry_run:
        following = _keep_all(context, list(new.values()))
    return ImportedIssues(len(new), len(read) - len(new), following)


def import_posts(
    context: Context, posts: Iterable[tuple[str, IncomingIssue]], dry_run: bool = False
) -> tuple[ImportedIssues, list[PassedOver]]:
    """Keep issues made of posts from elsewhere, each with what it is of; those that can't be kept are passed over."""
    read = list(enumerate(posts))
    new, faults, following = _sorted_out(context, [(number, issue) for number, (_, issue) in read])
    passed = [PassedOver(read[number][1][0], why.removesuffix(". Take the line out")) for number, why in faults]
    kept = [issue for number, issue in new.items() if number not in dict(faults)]
    if not dry_run:
        following = _keep_all(context, kept)
    return ImportedIssues(len(kept), len(read) - len(kept) - len(passed), following), passed


def _sorted_out(
    context: Context, read: Sequence[tuple[int, IncomingIssue]]
) -> tuple[dict[int, IncomingIssue], list[tuple[int, str]], int]:
    """The issues that are new, by line; what is wrong with lines; and the number that the next issue has now."""
    faults = list[tuple[int, str]]()
    with context.db.reading() as session:
        known = issues_by_date(session, [issue.day for _, issue in read])
        there = published_among(session, {key for _, issue in read for key in issue.summaries})
        today = context.settings.schedule.local(context.now).date()
        new = dict[int, IncomingIssue]()
        for number, issue in read:
            ours = known.get(issue.day)
            if fault := _fault(issue, there, today) or (_fault_of_ours(session, ours, issue) if ours else ""):
                faults.append((number, fault))
            elif ours is None:
                new[number] = issue
        faults += _faults_in_numbers(session, new)
        return new, faults, next_number(session)


def _keep_all(context: Context, new: Sequence[IncomingIssue]) -> int:
    """Returns the number that the next issue will have."""
    in_order = sorted(new, key=lambda issue: issue.day)
    for start in range(0, len(in_order), _AT_ONCE):
        some = in_order[start : start + _AT_ONCE]
        with context.db.writing() as session:
            ids = list({key for issue in some for key in issue.summaries})
            items = {each.id: item_of(context.settings, each) for each in summaries_by_ids(session, ids)}
            for issue in some:
                _keep(session, context, issue, items)
    with context.db.reading() as session:
        return next_number(session)


def export_issues(db: Database) -> Iterator[str]:
    """Every past issue, the oldest first, a line each as `import_issues` takes them.

    What was withdrawn since is left out: there is nothing of it to be taken along; nor is a subject that names it.
    """
    with db.reading() as session:
        for issue, content in closings_of_past(session):
            carried = _carried(session, issue, content)
            published, gone = published_among(session, carried), withdrawals_of(session, list(carried))
            lost = [carried[key] for key in gone] + list(titles_of(session, list(gone)).values())
            number, ids = issue_number(session, issue), [key for key in carried if key in published]
            yield _as_line(issue, number, ids, lost, _own_text(issue, content))


def _own_text(issue: Issue, content: str) -> str:
    """What an imported issue said, where that came as HTML; empty for any other."""
    try:
        return from_json(content).introduction_html if issue.imported_at and not issue.introduction else ""
    except UnreadableRecord:
        return ""


def _carried(session: Session, issue: Issue, content: str) -> dict[int, str]:
    """The summaries that an issue carried, in its order, with their headlines as far as they can be read."""
    try:
        return {item.summary_id: item.title for item in from_json(content).items}
    except UnreadableRecord:
        return dict.fromkeys(selected_ids(session, issue.id), "")


def _as_line(issue: Issue, number: int, ids: Sequence[int], lost: Sequence[str], body_html: str) -> str:
    values = {
        "date": issue.send_date.isoformat(),
        "number": number,
        "subject": "" if names_any(issue.subject, lost) else issue.subject,
        "preheader": "" if names_any(issue.preheader, lost) else issue.preheader,
        "introduction": issue.introduction,
        "closing_note": issue.closing_note,
        "by_topic": issue.by_topic,
        "summaries": list(ids),
        "body_html": body_html,
    }
    return json.dumps(
        {name: value for name, value in values.items() if value != "" and value is not False}, ensure_ascii=False
    )


def _read(lines: Iterable[str]) -> tuple[list[tuple[int, IncomingIssue]], list[tuple[int, str]]]:
    read, faults, lines_of = list[tuple[int, IncomingIssue]](), list[tuple[int, str]](), dict[date, int]()
    for number, line in enumerate(lines, 1):
        if not line.strip("\ufeff \t\r\n"):
            continue
        try:
            issue = issue_on_line(line)
        except ValueError as error:
            faults.append((number, str(error)))
            continue
        if first := lines_of.get(issue.day):
            faults.append((number, f"line {first} has an issue of {day_and_year(issue.day)} too: one a date"))
            continue
        lines_of[issue.day] = number
        read.append((number, issue))
    return read, faults


def _faults_in_numbers(session: Session, new: Mapping[int, IncomingIssue]) -> Iterator[tuple[int, str]]:
    found = faults_in_numbers(dict(numbers_given(session)), {issue.day: issue.number for issue in new.values()})
    return ((line, found[issue.day]) for line, issue in new.items() if issue.day in found)


def _fault(issue: IncomingIssue, there: set[int], today: date) -> str:
    if issue.day > today:
        return f"{day_and_year(issue.day)} is still to come: only issues that went out can be imported"
    if missing := [str(key) for key in issue.summaries if key not in there]:
        named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        are = "summary {} is" if len(missing) == 1 else "summaries {} are"
        return f"{are.format(named)} not in the archive: import the summaries first, or leave what is gone out"
    return ""


def _fault_of_ours(session: Session, ours: Issue, issue: IncomingIssue) -> str:
    """Why an issue of that date that is here already is not the one on the line; empty if it is."""
    day = day_and_year(issue.day)
    if ours.state not in FROZEN:
        return f"the desk has an issue of {day} ({ours.state}) that has not gone out"
    here, asked = selected_ids(session, ours.id), list(issue.summaries)
    there = published_among(session, here)
    if sorted(key for key in here if key in there) != sorted(asked):
        return f"an issue of {day} is here already, with other summaries; it stays as it is. Take the line out"
    closing = last_closing(session, ours) if issue.body_html else None
    if closing and issue.body_html != _own_text(ours, closing.content) and issue.subject != ours.subject:
        return f"an issue of {day} is here already, with another text; it stays as it is. Take the line out"
    if issue.number is not None and issue.number != issue_number(session, ours):
        return (
            f"the issue of {day} that is here already has the number {issue_number(session, ours)}. Take the line out"
        )
    return ""


def _keep(session: Session, context: Context, incoming: IncomingIssue, items: Mapping[int, Item]) -> None:
    went_at = context.settings.schedule.send_moment(incoming.day)
    issue = Issue(
        send_date=incoming.day,
        slot=incoming.day,
        state=IssueState.SENT,
        created_at=context.now,
        imported_at=context.now,
        frozen_at=went_at,
        sent_at=went_at,
        number=incoming.number,
        subject=incoming.subject,
        preheader=incoming.preheader,
        introduction=incoming.introduction,
        closing_note=incoming.closing_note,
        by_topic=incoming.by_topic,
    )
    session.add(issue)
    session.flush()
    append_selections(session, issue.id, incoming.summaries)
    spoken = speaking(context.settings.branding.language)
    carried = [items[key] for key in incoming.summaries if key in items]
    content = _content(session, spoken, issue, carried, incoming.body_html)
    session.add(
        Closing(
            issue_id=issue.id,
            closed_at=went_at,
            closed_by=THE_COMMAND,
            hold_key=new_key(),
            content=to_json(content),
            subject=content.subject,
            text="",
            html="",
            tags="{}",
        )
    )


def _content(session: Session, spoken: Spoken, issue: Issue, carried: Sequence[Item], body_html: str) -> Content:
    items = in_sections(carried) if issue.by_topic else tuple(carried)
    titles = [item.title for item in items]
    return Content(
        issue_date=issue.send_date,
        number=issue_number(session, issue),
        subject=issue.subject or default_subject(titles, spoken) or f"Issue of {day_and_year(issue.send_date)}",
        preheader=issue.preheader or default_preheader(titles),
        introduction_html=body_html or markup.from_markdown(issue.introduction),
        items=items,
        closing_html=markup.from_markdown(issue.closing_note),
        by_topic=issue.by_topic,
    )
