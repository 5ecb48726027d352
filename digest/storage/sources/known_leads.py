"""Leads known again by their keys, and stored with them by the hundred."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from digest.storage.base.model import table_of
from digest.storage.people import editors  # noqa: F401 - a lead's row points to theirs, and to those below
from digest.storage.sources import rules, sources, stories  # noqa: F401
from digest.storage.sources.leads import Lead, LeadKey
from digest.storage.writing import publications, summaries  # noqa: F401

_AT_ONCE = 500


@dataclass(frozen=True)
class KnownLead:
    """What of a lead may change when its entry comes again."""

    id: int
    source_id: int | None
    publication_id: int | None
    url: str
    title: str
    lede: str


def leads_by_key(session: Session, keys: Collection[str]) -> dict[str, int | None]:
    """Those of these keys that are kept, each with its lead; None where that is deleted, or never was one."""
    found: dict[str, int | None] = {}
    for some in _parts(sorted(keys)):
        found |= dict(session.execute(select(LeadKey.key, LeadKey.lead_id).where(LeadKey.key.in_(some))).all())
    return found


def known_leads(session: Session, ids: Collection[int]) -> dict[int, KnownLead]:
    """The leads with these ids."""
    found: dict[int, KnownLead] = {}
    for some in _parts(sorted(ids)):
        rows = session.execute(
            select(Lead.id, Lead.source_id, Lead.publication_id, Lead.url, Lead.title, Lead.lede).where(
                Lead.id.in_(some)
            )
        )
        found |= {row.id: KnownLead(*row) for row in rows}
    return found


def add_leads(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Store new leads; their ids in the order of the rows."""
    if not rows:
        return []
    return list(session.scalars(insert(Lead).returning(Lead.id, sort_by_parameter_order=True), rows))


def keep_keys(session: Session, now: datetime, keys: Mapping[str, int | None]) -> None:
    """Keep keys that are not there yet."""
    if keys:
        rows = [{"key": key, "lead_id": lead_id, "kept_at": now} for key, lead_id in keys.items()]
        session.execute(insert(table_of(LeadKey)), rows)


def give_keys(session: Session, keys: Mapping[str, int]) -> None:
    """Let keys that had no lead any more lead to these."""
    _update(session, LeadKey, "key", [{"key": key, "lead_id": lead_id} for key, lead_id in keys.items()])


def change_leads(session: Session, changes: Sequence[Mapping[str, Any]]) -> None:
    """Store what of leads has changed; each names its `id`, and all name the same columns."""
    _update(session, Lead, "id", changes)


def _update(session: Session, model: type[Lead | LeadKey], key: str, changes: Sequence[Mapping[str, Any]]) -> None:
    if not changes:
        return
    table = table_of(model)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in changes[0] if name != key}
    statement = update(table).where(table.c[key] == bindparam("which")).values(values)
    rows = [
        {"which": change[key]} | {f"new_{name}": value for name, value in change.items() if name != key}
        for change in changes
    ]
    session.connection().execute(statement, rows)


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
