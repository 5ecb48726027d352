"""Rules of a source: what one would do to what the source has brought lately, then making or dropping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.domain.sources.rules import muting, phrases_of, wanted
from digest.domain.sources.states import RuleKind
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.people.editors import Editor
from digest.storage.sources.rules import SourceRule
from digest.storage.sources.source_pages import BroughtLead, leads_brought
from digest.storage.sources.sources import WatchedSource

TRIED_ON = 500
"""The latest leads of a source, on which a rule is tried before it is made."""
_LONGEST = 500


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
        if session.get(WatchedSource, source_id) is None:
            raise Refused("This source is not watched any more.")
        session.add(
            SourceRule(source_id=source_id, kind=kind, words=typed.strip(), made_at=context.now, made_by=editor.email)
        )


def drop_rule(context: Context, source_id: int, rule_id: int) -> None:
    """Sort by it no more; what it kept out stays where it is. Nothing happens if it is gone already."""
    with context.db.writing() as session:
        rule = session.get(SourceRule, rule_id)
        if rule and rule.source_id == source_id:
            session.delete(rule)


def _checked(typed: str) -> str:
    if not phrases_of(typed):
        raise Refused("Give at least one word. Several words in quotation marks count as a phrase.")
    if len(typed) > _LONGEST:
        raise Refused(f"These are {len(typed)} characters; {_LONGEST} are the most. Make two rules of it.")
    return typed
