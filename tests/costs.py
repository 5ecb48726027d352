"""`make costs`: where the processor's time goes in a run of the tests, by folder, file, test and fixture.

In seconds of the processor, of the tests' processes and of those that they have started and seen end. Beside other work
they are some more than alone, but not many times more, as seconds by the wall are. What PostgreSQL's server took is not
in them, nor what processes took that outlive a test.
"""

from __future__ import annotations

import resource
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from pathlib import PurePosixPath
from typing import Any

import pytest

_MOST = 25
_KEY, _FIXTURES = "cost", "fixtures"


class Costs:
    """What each test took, and each fixture's own part of it, gathered from all processes of the run."""

    def __init__(self) -> None:
        self._began = _taken()
        self._fixtures: defaultdict[str, float] = defaultdict(float)
        self._inner: list[float] = []
        self.tests: defaultdict[str, float] = defaultdict(float)
        self.fixtures: defaultdict[str, float] = defaultdict(float)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Count a fixture without those that it asks for."""
        began = _taken()
        self._inner.append(0.0)
        try:
            return (yield)
        finally:
            took, inner = _taken() - began, self._inner.pop()
            self._fixtures[fixturedef.argname] += took - inner
            if self._inner:
                self._inner[-1] += took

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        """Hand a test's cost over with its last report, which also comes from other processes."""
        try:
            yield
        finally:
            now = _taken()
            item.user_properties += [(_KEY, now - self._began), (_FIXTURES, dict(self._fixtures))]
            self._began = now
            self._fixtures.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what a test has handed over."""
        if report.when == "teardown":
            said: dict[str, Any] = dict(report.user_properties)
            self.tests[report.nodeid] += said[_KEY]
            for fixture, cost in said[_FIXTURES].items():
                self.fixtures[fixture] += cost

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The dearest first."""
        groups: tuple[tuple[str, Callable[[str], str]], ...] = (
            ("folder", lambda test: str(PurePosixPath(test.partition("::")[0]).parent)),
            ("file", lambda test: test.partition("::")[0]),
            ("test, all its parameters together", lambda test: test.partition("[")[0]),
        )
        for name, key in groups:
            _say(terminalreporter, name, _summed(self.tests, key))
        _say(terminalreporter, "fixture", self.fixtures)


def pytest_configure(config: pytest.Config) -> None:
    """Count, in the process that the run began in and in those that it has begun."""
    config.pluginmanager.register(Costs())


def _taken() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _summed(tests: Mapping[str, float], key: Callable[[str], str]) -> Mapping[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for test, cost in tests.items():
        found[key(test)] += cost
    return found


def _say(terminal: pytest.TerminalReporter, name: str, costs: Mapping[str, float]) -> None:
    terminal.section(f"seconds of the processor by {name}, {sum(costs.values()):.0f} in all", sep="-")
    for what, cost in sorted(costs.items(), key=lambda each: -each[1])[:_MOST]:
        terminal.write_line(f"{cost:8.2f}  {what}")
