"""What could not be done, said in the one form of all commands: the thing, and the remedy."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import IO, Any

import click


class Failed(click.ClickException):
    """What was asked could not be done; the message names the thing and the remedy. Exit status 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write it to standard error, as refusals are written."""
        click.echo(f"digest: {self.format_message()}", file=file, err=file is None)


def of_the_system(error: OSError) -> str:
    """What the system did not let us do, and what helps."""
    if error.errno is None and error.args:
        return f"{str(error).rstrip('.')}."  # in words of ours, with the remedy in them
    said, where = error.strerror or str(error), f"{error.filename}: " if error.filename else ""
    remedy = _SYSTEM.get(error.errno or 0, "See that the disk and the network are well, then run this again.")
    return f"{where}{said[:1].lower()}{said[1:]}. {remedy}"


_SYSTEM: Mapping[int, str] = {
    errno.ENOENT: "Make it, or give the right name, then run this again.",
    errno.ENOTDIR: "A part of this path is a file; give the right path.",
    errno.EISDIR: "This is a folder; name a file in it.",
    errno.EACCES: "Give it to the user that runs Digest, or run this as that user.",
    errno.EPERM: "Give it to the user that runs Digest, or run this as that user.",
    errno.EROFS: "Its disk can only be read; name a place on another one.",
    errno.ENOSPC: "Make room on that disk, then run this again.",
    errno.EDQUOT: "Make room on that disk, or raise the quota, then run this again.",
    errno.EMFILE: "Let this user open more files (`ulimit -n`), then run this again.",
    errno.EIO: "The disk has faults: save what is on it before anything else.",
}
