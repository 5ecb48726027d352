"""The operator's page on the desk, for admins: what the doctor finds, with what to do."""

from __future__ import annotations

from flask import render_template

from digest.domain.running.findings import FindingState, worst
from digest.operations.running.doctor import examine
from digest.web.shared.context import here
from digest.web.shared.desk import desk
from digest.web.shared.security import admins_only

_ORDER = (FindingState.BAD, FindingState.WARN, FindingState.OK)


@desk.get("/operating")
def operating() -> str:
    """Everything looked at now, the worst first. It asks others for a few seconds, and changes nothing."""
    admins_only()
    found = sorted(examine(here()), key=lambda each: _ORDER.index(each.state))
    return render_template("running/operating.html", findings=found, worst=worst(found), states=FindingState)
