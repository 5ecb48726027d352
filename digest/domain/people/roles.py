"""Roles: what an editor may do besides writing and selecting, each role more than the one before."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """An editor writes and selects; a sender also lets issues go; an admin also manages people and settings."""

    EDITOR = "editor"
    SENDER = "sender"
    ADMIN = "admin"

    @property
    def may_send(self) -> bool:
        """Whether they may approve, reopen, hold, release, move, skip, send and stop an issue, and decide on copies."""
        return self is not Role.EDITOR


WORDS: Mapping[Role, str] = {
    Role.EDITOR: "writes summaries and puts the issue together",
    Role.SENDER: "also approves, holds, releases and sends it",
    Role.ADMIN: "also manages editors and subscribers",
}
"""What each role may do, in the words of the page that gives it."""

TASKS: Mapping[Role, str] = {
    Role.EDITOR: "write summaries and put the week’s issue together",
    Role.SENDER: "write summaries, put the week’s issue together and let it go",
    Role.ADMIN: "write summaries, put the week’s issue together and let it go, and look after people and settings",
}
"""The same, said to whoever is given the role."""
