"""`python -m digest.cli`, forked from a process that has loaded it all: a run costs a fork and not a second of imports.

The child becomes what a new process would be: its words, its environment, empty input, output of its own, and the
usual end of an interpreter. Questions and answers are lines of JSON. What a start itself costs or prints, and what
terminals and a shell do, is tried with real ones (`Shell.start_anew`). What stays until it is ended, as the site that a
browser visits, is forked from here as well, and what a test disturbs (`tests/cli/forked.py`).
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import NoReturn

from tests.crash.stage import rehearse

_ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0


class WarmCommand:
    """The process that has `digest` loaded, as a test sees it. Safe to share between threads, which take turns."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "tests.cli.warm"]
        here = {"PATH": os.environ["PATH"]}
        self._process = subprocess.Popen(
            words, cwd=_ROOT, env=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._turn = Lock()

    def run(self, words: tuple[str, ...], environ: Mapping[str, str]) -> tuple[int, str, str]:
        """The status, output and errors of `digest` with these words, in this environment and nothing else."""
        with self._turn, tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            pid = self._start("digest.cli", words, environ, (out, err))
            return self._ask({"wait": pid}), out.read_text("utf-8"), err.read_text("utf-8")

    def start(self, module: str, words: tuple[str, ...], environ: Mapping[str, str], out: Path, err: Path) -> int:
        """`python -m` this module in a process that stays, whose id it returns; what it says goes to these files."""
        with self._turn:
            return self._start(module, words, environ, (out, err))

    def end(self, pid: int) -> int:
        """The status of a process that was started, which is asked to end."""
        os.kill(pid, signal.SIGTERM)
        return self.ended(pid)

    def ended(self, pid: int) -> int:
        """The status of a process that was started, once it has ended, negative for a signal."""
        with self._turn:
            return self._ask({"wait": pid})

    def _start(self, module: str, words: tuple[str, ...], environ: Mapping[str, str], output: tuple[Path, Path]) -> int:
        named = {"module": module, "words": words, "environ": dict(environ), "output": [str(path) for path in output]}
        return self._ask({"start": named})

    def _ask(self, question: dict[str, object]) -> int:
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps(question).encode() + b"\n")
        asked.flush()
        if not select.select([answers], [], [], _PATIENCE)[0]:
            os.killpg(self._process.pid, signal.SIGKILL)  # else its late answer would be the next question's
            warm_command.cache_clear()
            raise TimeoutError(f"no answer within {_PATIENCE} seconds to {question}")
        return int(answers.readline())


@cache
def warm_command() -> WarmCommand:
    """The one of this test run's process; it ends when its input does, with that process."""
    return WarmCommand()


def _serve() -> None:
    """Fork a child and answer with its id, or wait for one and answer with its status, until the input ends.

    The children return from here.
    """
    _load()
    answers = os.dup(1)
    for line in iter(sys.stdin.buffer.readline, b""):
        asked = json.loads(line)
        if "start" in asked:
            # Opened here: whoever reads what the child says finds a writer as soon as it has the answer.
            output = [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for path in asked["start"].pop("output")]
            answer = os.fork()
            if not answer:
                os.close(answers)
                return _become(output=output, **asked["start"])
            for number in output:
                os.close(number)
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        os.write(answers, b"%d\n" % answer)
    return None


def _load() -> None:
    import digest.cli

    for module in pkgutil.walk_packages(digest.cli.__path__, "digest.cli."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    rehearse()
    gc.freeze()  # so that a child neither copies nor looks through all this when it ends


def _become(module: str, words: list[str], environ: dict[str, str], output: list[int]) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for ours, theirs in zip(output, (1, 2), strict=True):
        os.dup2(ours, theirs)
        os.close(ours)
    # Whoever runs tests in the background may have them ignore it, and a child would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Anew, for those that are there remember whether they can be wound back.
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[1:] = words
    _end(_status_of(lambda: runpy.run_module(module, run_name="__main__", alter_sys=True)))


def _status_of(run: Callable[[], object]) -> int:
    """As the interpreter has it."""
    try:
        run()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    except BaseException:  # noqa: BLE001 - the end of a process: a test reads it in what it said
        traceback.print_exc()
        return 1
    return 0


def _end(status: int) -> NoReturn:
    """Threads and exit functions have their turn, as at every end. Taking all modules apart after that is left out: it
    takes longer than most commands do.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve()
