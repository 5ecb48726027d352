"""Undo: what an editor did last with leads, act by act, up to twenty; what somebody has touched since stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from digest.domain.sources.states import Likeness
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.sources.joining import regroup_as_before
from digest.operations.sources.standings import Undone
from digest.operations.sources.triage import put_back
from digest.operations.sources.writing_up import WRITE, unwrite
from digest.storage.base.database import one_at_a_time
from digest.storage.sources.acts import LeadAct, last_act

_UNDOES: Mapping[str, Callable[[Work, LeadAct], Undone]] = {
    WRITE: unwrite,
    Likeness.TOGETHER: regroup_as_before,
    Likeness.APART: regroup_as_before,
}
"""By verb; every other is one of `triage`."""


def undo(context: Context, editor_id: int) -> Undone:
    """Take back what this editor did last and has not taken back yet; once for each act, whatever stays as it is.

    Raises Refused if there is nothing.
    """
    with context.db.writing() as session:
        one_at_a_time(session, "leads")
        done = last_act(session, editor_id)
        if done is None:
            raise Refused("There is nothing left to undo: the last 20 things you did with leads can be.")
        done.undone = True
        return _UNDOES.get(done.verb, put_back)(context.within(session), done)
