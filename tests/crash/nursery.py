"""A fork server for senders: it has imported digest once, so that a sender costs a fork and not a second.

Asks and answers are lines of JSON. Asked for arguments of `tests.crash.sender` it answers with the process's id; and it
tells when one of its children is stopped or has ended. Nothing is shared: senders make their databases after the fork.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash import sender
from tests.crash.stage import rehearse

PATIENCE = 40.0
"""Seconds after which a sender that neither stops nor ends counts as stuck."""


@dataclass(frozen=True)
class News:
    """What became of a sender: `stopped`, or `ended` with its status (negative: the signal that ended it)."""

    pid: int
    what: str
    status: int = 0


class Stuck(Exception):
    """A sender neither stopped nor ended in time; it has been killed."""


class Nursery:
    """The fork server, as a test sees it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crash.nursery"]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=root)
        self._selector = selectors.DefaultSelector()
        assert self._process.stdout is not None
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._buffer = b""
        self._news: deque[News] = deque()

    def start(self, *arguments: object) -> int:
        """Start a sender; returns its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(word) for word in arguments]).encode() + b"\n")
        while True:
            line = self._line()
            if "started" in line:
                return int(line["started"])
            self._news.append(News(**line))

    def wait(self, pids: Collection[int]) -> News:
        """The next news of any of these senders. Raises Stuck."""
        while True:
            for news in self._news:
                if news.pid in pids:
                    self._news.remove(news)
                    return news
            try:
                self._news.append(News(**self._line()))
            except TimeoutError:
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)
                raise Stuck(f"stuck: the senders {sorted(pids)} neither stop nor end") from None

    def run(self, *arguments: object) -> News:
        """Start a sender and wait for its end."""
        return self.wait({self.start(*arguments)})

    def close(self) -> None:
        """End the fork server and all its children."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._selector.close()
        self._process.stdout.close()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while b"\n" not in self._buffer:
            if not self._selector.select(PATIENCE):
                raise TimeoutError
            read = os.read(self._process.stdout.fileno(), 65_536)
            assert read, "the fork server has ended"
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


def serve() -> None:
    """Fork a child for each line, tell what becomes of them, until the input ends."""
    rehearse()
    gc.freeze()  # so that no child looks through all this, which would copy it
    hears, rings = os.pipe()
    os.set_blocking(rings, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(rings)
    children: set[int] = set()
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
    selector.register(hears, selectors.EVENT_READ)
    asked = b""
    while True:
        ready = [key.fd for key, _ in selector.select()]
        if hears in ready:
            os.read(hears, 4096)
            _tell_news(children)
        if sys.stdin.fileno() not in ready:
            continue
        read = os.read(sys.stdin.fileno(), 65_536)
        if not read:
            break
        asked += read
        while b"\n" in asked:
            line, _, asked = asked.partition(b"\n")
            children.add(_fork(json.loads(line)))
    for child in children:
        os.kill(child, signal.SIGKILL)


def _fork(arguments: list[str]) -> int:
    pid = os.fork()
    if pid:
        _say({"started": pid})
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        output = os.open(Path(arguments[0]) / "output", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        status = sender.main(arguments)
    except BaseException:  # noqa: BLE001 - the end of a process; a test reads it in the case's output
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _tell_news(children: set[int]) -> None:
    for child in list(children):
        while True:
            pid, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
            if not pid:
                break
            if os.WIFSTOPPED(status):
                _say({"pid": pid, "what": "stopped"})
                continue
            children.discard(child)
            _say({"pid": pid, "what": "ended", "status": os.waitstatus_to_exitcode(status)})
            break


def _say(what: dict[str, object]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    serve()
