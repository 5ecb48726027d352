"""The audit log on the desk, for admins: who did what of consequence, the newest first."""

from __future__ import annotations

from flask import render_template, request, url_for

from digest.domain.people.acts import Act
from digest.storage.people.audit import audit_page, audit_size
from digest.storage.people.editors import all_editors
from digest.web.shared.context import reading
from digest.web.shared.desk import desk, page_number
from digest.web.shared.security import admins_only

_PAGE = 50


@desk.get("/audit")
def audit() -> str:
    """One page of it, of one kind of act or of all."""
    admins_only()
    act = request.args.get("act", "")
    act = act if act in list(Act) else ""
    total = audit_size(reading(), act)
    pages = max(1, -(-total // _PAGE))
    page = min(page_number(), pages)
    return render_template(
        "people/audit.html",
        entries=audit_page(reading(), act, page, _PAGE),
        names={editor.email: editor.name for editor in all_editors(reading())},
        acts=list(Act),
        act=act,
        total=total,
        page=page,
        pages=pages,
        base=url_for("desk.audit", act=act or None, page=""),
    )
