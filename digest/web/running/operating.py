"""The operator's page on the desk, for admins: what the doctor finds, with what to do."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template

from digest.domain.running.findings import FindingState, worst
from digest.operations.running.doctor import examine
from digest.storage.messages.alerts import told_alerts
from digest.web.shared.context import here, now, reading
from digest.web.shared.desk import desk
from digest.web.shared.security import admins_only

_SHOWN = timedelta(days=7)
"""What is over is shown for so long."""
_ORDER = (FindingState.BAD, FindingState.WARN, FindingState.OK)


@desk.get("/operating")
def operating() -> str:
    """Everything looked at now, the worst first. It asks others for a few seconds, and changes nothing."""
    admins_only()
    found = sorted(examine(here()), key=lambda each: _ORDER.index(each.state))
    told = told_alerts(reading(), now() - _SHOWN)
    return render_template(
        "running/operating.html", findings=found, worst=worst(found), states=FindingState, alerts=told
    )
