"""The processes of `digest send`: how they use memory, and the second one.

One process of Python keeps one processor busy, and most machines have more. The second is a sender like any other and
claims for itself. All that it shares with the first is a pipe: a line with the issue's id starts it, and the end of the
pipe, also by the first one's death, asks it to stop after the requests in hand.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

from digest.cli.shared.installation import OpenInstallation, now
from digest.cli.shared.logs import log_to_stderr
from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Process
from digest.storage.base.database import Database

log = logging.getLogger(__name__)


class Partner:
    """The second process as the first sees it: waiting, at work, or dismissed."""

    def __init__(self, settings: Settings, pipe: int | None) -> None:
        self._settings = settings
        self._pipe = pipe

    def start(self, issue_id: int, batches: int) -> Settings:
        """Let it send too, if there are more batches than this process has hands; returns the settings to send with
        here: SEND_CONCURRENCY is for both together, and for this one alone if the other is gone.
        """
        pipe = self._pipe
        if pipe is None or batches <= self._settings.send_concurrency:
            return self._settings
        try:
            os.write(pipe, b"%d\n" % issue_id)
        except OSError:
            log.warning("the second process of the send is gone; this one sends alone")
            return self._settings
        return replace(self._settings, send_concurrency=self._settings.send_concurrency - _hands(self._settings))

    def dismiss(self) -> None:
        """Ask it to stop after the requests in hand. Safe in a signal handler, and again."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            os.close(pipe)


@contextmanager
def partner(ours: OpenInstallation) -> Iterator[Partner]:
    """A second process, idle until it is started, and ended when the block is left. For a trial without SendGrid, or
    where one request at a time is wanted, there is none, and starting it changes nothing.

    Enter before anything is opened but the database: two processes cannot share a connection.
    """
    if not _is_useful(ours.settings):
        yield Partner(ours.settings, None)
        return
    reads, writes = os.pipe()
    ours.db.close()  # its connections; it makes new ones when asked
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(writes)
            status = _work(ours.settings, reads)
        finally:
            os._exit(status)
    os.close(reads)
    second = Partner(ours.settings, writes)
    try:
        yield second
    finally:
        second.dismiss()
        with suppress(ChildProcessError):  # where whoever started this one ignores the ends of children
            os.waitpid(child, 0)


def _is_useful(settings: Settings) -> bool:
    return settings.mail_transport == "sendgrid" and settings.send_concurrency > 1


def _hands(settings: Settings) -> int:
    """How many of the requests in flight are the second process's."""
    return settings.send_concurrency // 2


def _work(settings: Settings, pipe: int) -> int:
    """The second process's life; returns its exit status."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log_to_stderr(logging.WARNING, settings)
    asked = os.read(pipe, 32)
    if not asked:
        return 0
    threading.Thread(target=_wait_for_end, args=(pipe, stop), daemon=True).start()
    mine = replace(settings, send_concurrency=_hands(settings))
    try:
        with closing(Database(mine.database_url)) as db, closing(open_transport(mine)) as transport:
            send_issue(Process(db, mine, transport, now, stop), int(asked))
    except Exception:
        log.exception("the second process of the send failed; the first goes on")
        return 1
    return 0


def _wait_for_end(pipe: int, stop: threading.Event) -> None:
    os.read(pipe, 1)
    stop.set()


_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # mallopt(3), glibc
_LARGER_THAN_A_REQUEST = 4 * 1024 * 1024
_KEEP = 16 * 1024 * 1024


def keep_what_is_freed() -> None:
    """Let the C library keep up to 16 MB that it could give back, and the collector pass over what is loaded.

    A request has almost a megabyte, and the pages of memory given back must be mapped and cleared again for the next
    one. Other C libraries than glibc have no such switch and are left as they are.
    """
    gc.collect()
    gc.freeze()
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGER_THAN_A_REQUEST)
    mallopt(_TRIM_THRESHOLD, _KEEP)
