"""`digest send` without one of the two things that make it quicker, so that a measurement shows what each gives."""

from __future__ import annotations

import sys

from digest.cli import main
from digest.cli.sending import processes, sending

SECOND_PROCESS, KEPT_MEMORY = "its second process", "the memory that it keeps"


def send_without(what: str) -> None:
    """Run the command as it would be; ends the process."""
    if what == SECOND_PROCESS:
        processes._is_useful = lambda settings: False  # noqa: ARG005 - called by this name
    if what == KEPT_MEMORY:
        sending.keep_what_is_freed = lambda: None  # type: ignore[attr-defined]
    sys.argv = ["digest", "send"]
    main()


if __name__ == "__main__":
    send_without(sys.argv[1])
