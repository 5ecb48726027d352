"""Making a message out of what it says: what fails here is the fault of that one, and stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from digest.domain.shared.addresses import without_addresses
from digest.mail.outgoing.interface import Answer, Certainty

_Made = TypeVar("_Made")

log = logging.getLogger(__name__)


class Unmakeable(ValueError):
    """No message can be made of this; the text says why, and names nobody."""


@dataclass(frozen=True)
class MakingFault:
    """Why a message was not made. Reasons are kept with its account, which outlives readers: no address is in them."""

    why: str
    passing: bool = False
    """Whether this machine lacks something now, so that the same may well be made later."""
    unforeseen: bool = False
    """Whether nobody has thought of it: then it is more likely ours than the message's."""


def tried(make: Callable[[], _Made], tell: bool = True) -> _Made | MakingFault:
    """What `make` returns; or why it could not. What nobody has foreseen is logged, unless `tell` says otherwise."""
    try:
        return make()
    except Unmakeable as error:
        return MakingFault(str(error))
    except (OSError, MemoryError) as error:
        return MakingFault(f"this machine could not make it now ({_said(error)})", passing=True)
    except Exception as error:
        if tell:
            log.exception("a message could not be made")
        return MakingFault(f"it could not be made into a message ({_said(error)})"[:400], unforeseen=True)


def not_made_for(recipients: int, fault: MakingFault, make: Callable[[int], object]) -> Answer:
    """The answer for a message for many that has this fault: those are named that can't be made alone either. If each
    could, it is in what they share.
    """
    if not fault.passing:
        alone = {index: tried(partial(make, index), tell=False) for index in range(recipients)}
        if found := {index: one for index, one in alone.items() if isinstance(one, MakingFault)}:
            return not_made(found)
    return none_made(dict.fromkeys(range(recipients), fault))


def none_made(faults: Mapping[int, MakingFault]) -> Answer:
    """As `not_made`, where what many share can't be made: what nobody has foreseen is then a fault of ours, which must
    cost no reader the issue. The send waits until it is mended.
    """
    if len(faults) > 1 and all(fault.unforeseen for fault in faults.values()):
        return Answer(Certainty.REFUSED, detail=f"no copy could be made: {next(iter(faults.values())).why}")
    return not_made(faults)


def not_made(faults: Mapping[int, MakingFault]) -> Answer:
    """Certainly not sent: nothing was tried. For good, unless one of the faults will pass."""
    for fault in faults.values():
        if fault.passing:
            return Answer(Certainty.RETRY, detail=fault.why)
    reasons = {index: fault.why for index, fault in faults.items()}
    return Answer(Certainty.OFFENDERS, detail=next(iter(reasons.values()), ""), offenders=reasons)


def _said(error: Exception) -> str:
    return without_addresses(" ".join(str(error).split())) or type(error).__name__
