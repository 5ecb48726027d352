"""What a source, a lead and a rule can be; the words are those of `feeds list --json` and `leads list --json`."""

from __future__ import annotations

from enum import StrEnum


class SourceKind(StrEnum):
    """What is watched of a publication."""

    FEED = "feed"
    PAGE = "page"
    MAIL = "mail"


class SourceState(StrEnum):
    """How a source is doing."""

    NEW = "new"
    """Never checked."""
    OK = "ok"
    SILENT = "silent"
    """It answers, but has brought nothing for longer than is usual for it."""
    FAILING = "failing"
    LIMITED = "limited"
    """Its host asked us to come later (429, 503)."""
    CHALLENGED = "challenged"
    """It wants proof of a person behind the request."""
    GONE = "gone"
    """410: its publisher ended it; we don't ask again."""
    PAUSED = "paused"


class LeadState(StrEnum):
    """Where a lead stands on the desk."""

    NEW = "new"
    KEPT = "kept"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    USED = "used"
    """A summary was made of it."""
    RETIRED = "retired"
    """Nobody touched it for 14 days."""
    MUTED = "muted"
    """A rule kept it out; to be seen for 14 days."""


WAITING = (LeadState.NEW, LeadState.KEPT)
"""What waits on the desk for an editor. A snoozed lead waits again from its day on."""


class RuleKind(StrEnum):
    """What a rule does with the leads of its source that have its words."""

    KEEP_OUT = "keep_out"
    LET_IN_ONLY = "let_in_only"


class Likeness(StrEnum):
    """What an editor said of two leads; it outlives every later grouping."""

    TOGETHER = "together"
    APART = "apart"
