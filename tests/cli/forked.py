"""The command in a process that a test watches and disturbs, forked from one that has it loaded (`tests.cli.warm`)."""

from __future__ import annotations

import os
import select
import shutil
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import TimeoutExpired
from types import TracebackType

from tests.cli.warm import warm_command


class Forked:
    """As `subprocess.Popen` with pipes for what it says, of which it has what tests of the command ask for."""

    def __init__(self, words: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self._words = words
        self._folder = Path(tempfile.mkdtemp())
        paths = (self._folder / "out", self._folder / "err")
        for path in paths:
            os.mkfifo(path)
        self._pipes = [os.open(path, os.O_RDONLY | os.O_NONBLOCK) for path in paths]
        self._said = dict.fromkeys(self._pipes, b"")
        self.returncode: int | None = None
        self.pid = warm_command().start("digest.cli", words, environ, *paths)
        self._life = os.pidfd_open(self.pid)

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if error is not None and self.poll() is None:
            self.kill()
        self.communicate()
        for number in (self._life, *self._pipes):
            os.close(number)
        shutil.rmtree(self._folder)

    def poll(self) -> int | None:
        """The status, negative for a signal, if it has ended."""
        if self.returncode is None and select.select([self._life], [], [], 0)[0]:
            self.returncode = warm_command().ended(self.pid)
        return self.returncode

    def wait(self) -> int:
        """The same, once it has."""
        select.select([self._life], [], [])
        self.poll()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """At once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it says, errors apart, until it and all that it has started have closed that. Raises TimeoutExpired."""
        opened = list(self._pipes)
        while opened:
            ready = select.select(opened, [], [], timeout)[0]
            if not ready:
                raise TimeoutExpired(self._words, timeout or 0)
            for pipe in ready:
                read = os.read(pipe, 65_536)
                self._said[pipe] += read
                if not read:
                    opened.remove(pipe)
        self.wait()
        out, err = (said.decode() for said in self._said.values())
        return out, err
