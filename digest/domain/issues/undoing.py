"""Taking back what was done to an issue's selection: what each act was, and what undoing it gives.

An act remembers the order before and after it. What others did since is kept: undoing takes back one act, and not the
moment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST = 20


@dataclass(frozen=True)
class SelectionAct:
    """One act: `words` say it (`Took off “Court annuls fine”`); the summaries by their ids, in order."""

    words: str
    summary_id: int
    before: tuple[int, ...]
    after: tuple[int, ...]


def undone(act: SelectionAct, now: Sequence[int]) -> list[int]:
    """The order once the act is taken back. What others added since stays, at the end; what they took off stays off."""
    taken_off, added = set(act.before) - set(act.after), set(act.after) - set(act.before)
    kept = [key for key in act.before if key in now or key in taken_off]
    return kept + [key for key in now if key not in act.before and key not in added]


def with_act(acts: Sequence[SelectionAct], act: SelectionAct) -> tuple[SelectionAct, ...]:
    """The acts with one more, of which the last 20 are kept; one that changed nothing is none."""
    return tuple(acts) if act.before == act.after else (*acts, act)[-MOST:]


def taken_off_lately(acts: Sequence[SelectionAct], now: Sequence[int]) -> list[int]:
    """The summaries that these acts took off and that are not on it now, the last one first."""
    gone = [key for act in reversed(acts) for key in act.before if key not in act.after and key not in now]
    return list(dict.fromkeys(gone))


def shifted(order: Sequence[int], sections: Sequence[str], summary_id: int, step: int) -> list[int]:
    """The order with one summary a step higher (-1) or lower (+1). `sections` says for each place which one it is in.

    At the edge of its section the whole section moves: by itself the summary would only fall back into it.
    """
    order = list(order)
    if summary_id not in order:
        return order
    place = order.index(summary_id)
    other = place + step
    if not 0 <= other < len(order):
        return order
    if sections[place] != sections[other]:
        return _past(order, sections, sections[place], sections[other], step)
    order[place], order[other] = order[other], order[place]
    return order


def placed(order: Sequence[int], summary_id: int, place: int) -> list[int]:
    """The order with one summary at a place, counted from 1; a place beyond the end is the last."""
    if summary_id not in order:
        return list(order)
    rest = [key for key in order if key != summary_id]
    rest.insert(min(max(place, 1), len(order)) - 1, summary_id)
    return rest


def to_json(acts: Sequence[SelectionAct]) -> str:
    """The acts as stored with their issue."""
    return json.dumps([[act.words, act.summary_id, act.before, act.after] for act in acts], ensure_ascii=False)


def from_json(text: str) -> tuple[SelectionAct, ...]:
    """The acts that `to_json` stored; none where another program's can't be read: undoing is no promise."""
    try:
        stored = json.loads(text or "[]")
        acts = [SelectionAct(str(words), int(key), tuple(before), tuple(after)) for words, key, before, after in stored]
    except (ValueError, TypeError):
        return ()
    return tuple(replace(act, before=tuple(map(int, act.before)), after=tuple(map(int, act.after))) for act in acts)


def _past(order: list[int], sections: Sequence[str], mine: str, theirs: str, step: int) -> list[int]:
    of = dict(zip(order, sections, strict=True))
    block = [key for key in order if of[key] == mine]
    rest = [key for key in order if of[key] != mine]
    at = [place for place, key in enumerate(rest) if of[key] == theirs]
    place = at[0] if step < 0 else at[-1] + 1
    return rest[:place] + block + rest[place:]
