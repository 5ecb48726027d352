"""Leads whose address a summary links already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from digest.domain.sources.states import WAITING, LeadState
from digest.storage.archive.search_index import linking_summaries
from digest.storage.base.model import table_of
from digest.storage.sources.leads import Lead, LeadKey, LeadResemblance
from digest.storage.writing.summaries import Summary

_AT_ONCE = 500


def link_leads(session: Session, hashes: Collection[str]) -> None:
    """Let the leads at these canonical addresses name the summary that links them."""
    wanted = sorted(hashes)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        there = set(session.execute(select(Lead.canonical).where(Lead.canonical.in_(some))).scalars())
        for canonical, summary_id in linking_summaries(session, there).items():
            session.execute(update(Lead).where(Lead.canonical == canonical).values(linked_in=summary_id))


def link_new_leads(session: Session, lead_ids: Sequence[int]) -> None:
    """Let these leads name the summary that links their canonical address."""
    for start in range(0, len(lead_ids), _AT_ONCE):
        some = lead_ids[start : start + _AT_ONCE]
        asked = select(Lead.canonical).where(Lead.id.in_(some), Lead.canonical != "", Lead.linked_in.is_(None))
        link_leads(session, set(session.execute(asked).scalars()))


def link_leads_by_key(session: Session, keys: Mapping[str, str]) -> None:
    """The same for leads that are known by further addresses, too: by key, the canonical address that a summary has."""
    wanted = sorted(keys)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = session.execute(
            select(LeadKey.key, LeadKey.lead_id).where(LeadKey.key.in_(some), LeadKey.lead_id.is_not(None))
        )
        leads = [(lead_id, keys[key]) for key, lead_id in rows]
        linking = linking_summaries(session, {canonical for _, canonical in leads})
        for lead_id, canonical in leads:
            if canonical in linking:
                session.execute(update(Lead).where(Lead.id == lead_id).values(linked_in=linking[canonical]))


def store_resemblances(session: Session, found: Sequence[tuple[int, int, float]]) -> None:
    """Keep which summaries leads resemble: lead, summary, score."""
    replace_resemblances(session, sorted({lead for lead, _, _ in found}), found)


def replace_resemblances(session: Session, lead_ids: Sequence[int], found: Sequence[tuple[int, int, float]]) -> None:
    """Keep of these leads which summaries they resemble, and forget what they did before: lead, summary, score.

    What has gone meanwhile, lead or summary, is left out.
    """
    for start in range(0, len(lead_ids), _AT_ONCE):
        some = lead_ids[start : start + _AT_ONCE]
        session.execute(delete(LeadResemblance).where(LeadResemblance.lead_id.in_(some)))
    leads = _existing(session, Lead.id, {lead for lead, _, _ in found})
    summaries = _existing(session, Summary.id, {summary for _, summary, _ in found})
    rows = [
        {"lead_id": lead, "summary_id": summary, "score": score}
        for lead, summary, score in found
        if lead in leads and summary in summaries
    ]
    if rows:
        session.execute(insert(table_of(LeadResemblance)), rows)


@dataclass(frozen=True)
class WaitingWords:
    """A lead that waits, as it is compared with the archive."""

    id: int
    title: str
    lede: str


def waiting_words(session: Session, most: int) -> list[WaitingWords]:
    """The newest leads that wait or are snoozed, and that were compared when they came."""
    rows = session.execute(
        select(Lead.id, Lead.title, Lead.lede)
        .where(Lead.state.in_((*WAITING, LeadState.SNOOZED)), Lead.story_id.is_not(None))
        .order_by(Lead.published_at.desc(), Lead.id.desc())
        .limit(most)
    )
    return [WaitingWords(*row) for row in rows]


def leads_resembling(session: Session, summary_ids: Collection[int], most: int) -> set[int]:
    """Leads that resemble any of these summaries, as far as is known."""
    asked = select(LeadResemblance.lead_id).where(LeadResemblance.summary_id.in_(summary_ids)).limit(most)
    return set(session.execute(asked).scalars())


def _existing(session: Session, column: InstrumentedAttribute[int], ids: Collection[int]) -> set[int]:
    wanted, there = sorted(ids), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        there |= set(session.execute(select(column).where(column.in_(wanted[start : start + _AT_ONCE]))).scalars())
    return there
