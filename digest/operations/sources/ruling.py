"""Rules of a source: what one would do to what the source has brought lately, then making or dropping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.people.acts import Act
from digest.domain.sources.rules import muting, phrases_of, wanted
from digest.domain.sources.states import RuleKind
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.people.editors import Editor
from digest.storage.sources.rules import SourceRule
from digest.storage.sources.source_pages import BroughtLead, leads_brought
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import Publication

TRIED_ON = 500
"""The latest leads of a source, on which a rule is tried before it is made."""
_LONGEST = 500
_WORDS = {RuleKind.KEEP_OUT: "keep out", RuleKind.LET_IN_ONLY: "let in only"}


@dataclass(frozen=True)
class Effect:
    """What a rule would have done: to so many leads, those it keeps out, and how many it lets in."""

    tried_on: int
    kept_out: Sequence[BroughtLead]

    @property
    def let_in(self) -> int:
        """How many would have come in."""
        return self.tried_on - len(self.kept_out)


def effect_of(context: Context, source_id: int, kind: RuleKind, typed: str) -> Effect:
    """What the rule would have done to the source's last 500 leads. Raises Refused for one without words."""
    rule = wanted(0, kind, _checked(typed))
    with context.db.reading() as session:
        brought = leads_brought(session, source_id, TRIED_ON)
    return Effect(len(brought), [lead for lead in brought if muting([rule], lead.title, lead.lede) is not None])


def make_rule(context: Context, source_id: int, kind: RuleKind, typed: str, editor: Editor) -> None:
    """From now on, leads of the source are sorted by this rule, too. Raises Refused for one without words."""
    _checked(typed)
    with context.db.writing() as session:
        source = session.get(WatchedSource, source_id)
        if source is None:
            raise Refused("This source is not watched any more.")
        session.add(
            SourceRule(source_id=source_id, kind=kind, words=typed.strip(), made_at=context.now, made_by=editor.email)
        )
        audit.note(context.within(session), editor.email, Act.RULED, _about(session, source, kind, typed.strip()))


def drop_rule(context: Context, source_id: int, rule_id: int, by: str = "") -> None:
    """Sort by it no more; what it kept out stays where it is. Nothing happens if it is gone already."""
    with context.db.writing() as session:
        rule = session.get(SourceRule, rule_id)
        source = session.get(WatchedSource, source_id)
        if rule and source and rule.source_id == source_id:
            audit.note(context.within(session), by, Act.UNRULED, _about(session, source, rule.kind, rule.words))
            session.delete(rule)


def _about(session: Session, source: WatchedSource, kind: str, words: str) -> str:
    return f"{session.get_one(Publication, source.publication_id).name}: {_WORDS[RuleKind(kind)]} {words}"


def _checked(typed: str) -> str:
    if not phrases_of(typed):
        raise Refused("Give at least one word. Several words in quotation marks count as a phrase.")
    if len(typed) > _LONGEST:
        raise Refused(f"These are {len(typed)} characters; {_LONGEST} are the most. Make two rules of it.")
    return typed
