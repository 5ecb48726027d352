"""What an editor answers when asked which publication is meant by a name: the buttons of `writing/ask_name.html`."""

from __future__ import annotations

from flask import request

from digest.operations.writing.meaning import Said


def said_publication() -> Said | None:
    """The answer in the form that was sent, if it has one."""
    act, _, name = request.form.get("publication_choice", "").partition(":")
    return Said(name[:200], make=act == "make") if act in ("use", "make") and name.strip() else None
