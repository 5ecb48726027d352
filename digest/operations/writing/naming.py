"""What publications and topics are called: renaming, merging, further names; and names that look like one.

Whatever is made here is made under the lock that making a name takes, so that none is made twice meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy.orm import Session

from digest.domain.people.acts import Act
from digest.domain.shared.slugs import slugify, spelling
from digest.mail.message.templating import counted
from digest.operations.archive.indexing import lock_index
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.archive.index_due import mark_stale
from digest.storage.readers.subscribers import lock_subscribers
from digest.storage.readers.topic_choices import choose_instead, readers_who_chose
from digest.storage.running.schema import metadata
from digest.storage.writing.names import (
    PUBLICATIONS,
    TOPICS,
    Named,
    NameKind,
    add_alias,
    aliases_of,
    all_named,
    drop_alias,
    give_slug,
    hang_on,
    hanging_on,
    id_of_name,
    named,
    named_for_change,
    remove_merged,
)

LONGEST = {PUBLICATIONS: 200, TOPICS: 100}
_ALIKE = 0.8
_MOST_ALIKE = 3


@dataclass(frozen=True)
class Hanging:
    """What hangs on a name: a merge brings it along."""

    summaries: int
    sources: int
    readers: int


def hanging(session: Session, kind: NameKind, found: Named) -> Hanging:
    """How much would come along, drafts among the summaries."""
    counts = hanging_on(session, kind, found.id, metadata.sorted_tables)
    return Hanging(
        summaries=counts["summaries" if kind is PUBLICATIONS else "summary_topics"],
        sources=counts["sources" if kind is PUBLICATIONS else "source_topics"],
        readers=readers_who_chose(session, found.slug) if kind is TOPICS else 0,
    )


def rename(context: Context, kind: NameKind, row_id: int, name: str, new_address: bool, who: str = "") -> None:
    """Give it this name; the one it had stays another of its names, so that files and feeds that say it still find it.

    With `new_address` its public addresses are made of the new name, and the old ones redirect. Raises Refused where
    another has that name.
    """
    name = _fit(kind, name)
    with context.db.writing() as session:
        lock_index(session)
        found = _there(session, kind, row_id)
        if id_of_name(session, kind, name) not in (None, row_id):
            raise Refused(_taken(session, kind, name))
        before, found.name, found.spelling = found.name, name, spelling(name)
        found.renamed_at = context.now
        _index_anew(session, kind, row_id)
        session.flush()
        drop_alias(session, kind, row_id, spelling(name))
        if id_of_name(session, kind, before) is None:
            add_alias(session, kind, row_id, before)
        if new_address:
            _change_slug(session, kind, found)
        at = ", with new addresses" if new_address else ""
        audit.note(context.within(session), who, Act.RENAMED, f"the {kind.word} “{before}” to “{name}”{at}")


def also_call(context: Context, kind: NameKind, row_id: int, name: str, who: str = "") -> None:
    """Let this name find it too. Raises Refused where the name finds another."""
    name = _fit(kind, name)
    with context.db.writing() as session:
        found = _there(session, kind, row_id)
        owner = id_of_name(session, kind, name)
        if owner not in (None, row_id):
            raise Refused(_taken(session, kind, name))
        if owner is None:
            add_alias(session, kind, row_id, name)
            audit.note(context.within(session), who, Act.NAMED, f"the {kind.word} “{found.name}”: “{name}”")


def no_longer_call(context: Context, kind: NameKind, row_id: int, key: str, who: str = "") -> None:
    """Let the other name that is spelt so find it no more."""
    with context.db.writing() as session:
        found = _there(session, kind, row_id)
        name = next((alias.name for alias in aliases_of(session, kind, row_id) if alias.spelling == key), "")
        drop_alias(session, kind, row_id, key)
        if name:
            audit.note(context.within(session), who, Act.UNNAMED, f"the {kind.word} “{found.name}”: “{name}”")


def merge(context: Context, kind: NameKind, row_id: int, into_id: int, who: str = "") -> Hanging:
    """Let all that hangs on the one hang on the other, and take it away; its names and addresses lead to the other.

    One transaction. Returns what came along. Raises Refused if either is gone, or both are the same.
    """
    if row_id == into_id:
        raise Refused(f"This is the same {kind.word}. Choose another to merge it into.")
    with context.db.writing() as session:
        lock_index(session)
        gone, into = _there(session, kind, row_id), _there(session, kind, into_id)
        into.renamed_at = context.now
        moved = hanging(session, kind, gone)
        if kind is TOPICS:
            lock_subscribers(session)
            choose_instead(session, gone.slug, into.slug)
        _index_anew(session, kind, row_id)
        hang_on(session, kind, row_id, into_id, metadata.sorted_tables)
        about = f"the {kind.word} “{gone.name}” into “{into.name}”, {counted(moved.summaries, 'summary', 'summaries')}"
        remove_merged(session, kind, gone, into_id)
        audit.note(context.within(session), who, Act.MERGED, about)
    return moved


def alike(session: Session, name: str, kind: NameKind = PUBLICATIONS) -> list[str]:
    """Names that look like this one, the likest first, at most three: for “did you mean”. None if it finds one itself.

    Alike is what differs by a letter or two, begins with the other, or is made of its initials.
    """
    if not name.strip() or id_of_name(session, kind, name) is not None:
        return []
    key = spelling(name)
    likest = sorted(((_likeness(key, found.spelling), found.name) for found in all_named(session, kind)), reverse=True)
    return [other for likeness, other in likest[:_MOST_ALIKE] if likeness >= _ALIKE]


def _likeness(one: str, other: str) -> float:
    shorter, longer = sorted((one, other), key=len)
    if longer.startswith(f"{shorter}-") or (len(shorter) > 2 and shorter == _initials(longer)):
        return 0.95
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    quick = min(matcher.real_quick_ratio(), matcher.quick_ratio())
    return matcher.ratio() if quick >= _ALIKE else 0.0


def _initials(key: str) -> str:
    return "".join(word[0] for word in key.split("-") if word)


def _index_anew(session: Session, kind: NameKind, row_id: int) -> None:
    """What hangs on the name is found by it."""
    if kind is PUBLICATIONS:
        mark_stale(session, publication_id=row_id)
    else:
        mark_stale(session, topic_id=row_id)


def _there(session: Session, kind: NameKind, row_id: int) -> Named:
    found = named_for_change(session, kind, row_id)
    if found is None:
        raise Refused(f"Somebody has merged this {kind.word} meanwhile. Look for it in the list.")
    return found


def _fit(kind: NameKind, name: str) -> str:
    name = " ".join(name.split())
    if not name or (kind is TOPICS and not slugify(name)):
        raise Refused("Write a name, with at least one letter or digit.")
    if len(name) > LONGEST[kind]:
        raise Refused(f"The name has {len(name)} characters; at most {LONGEST[kind]} fit.")
    return name


def _taken(session: Session, kind: NameKind, name: str) -> str:
    owner = named(session, kind, id_of_name(session, kind, name) or 0)
    return f"“{name}” is {owner.name if owner else 'another'} already. To make one of both, merge them."


def _change_slug(session: Session, kind: NameKind, found: Named) -> None:
    before = found.slug
    now = give_slug(session, kind, found, found.name)
    if kind is TOPICS and now != before:
        lock_subscribers(session)
        choose_instead(session, before, now)
