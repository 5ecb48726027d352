"""Words that say nothing of what a text is about."""

from __future__ import annotations

_STOP = (
    "about after again against all also am amid an and any are as at be because been before being between both "
    "but by can could did didn do does doing don down during each few for from further get gets had has have "
    "having he her here hers him his how if in into is it its just like ll may me might more most must my new no "
    "nor not now of off on once one only or other our out over own per re said same say says she should so some "
    "such than that the their them then there these they this those through to too two under until up us ve very "
    "via was we were what when where which while who whom why will with would you your"
)
STOP = frozenset(_STOP.split())
"""English words without a meaning of their own; left out before anything is counted."""
