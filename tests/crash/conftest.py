"""The stage of the crash programme: one fork server and one home of each kind for all cases of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.crash.databases import KINDS, Home, PostgresqlHome, SqliteHome
from tests.crash.nursery import Nursery
from tests.crash.play import Theatre
from tests.crash.stage import set_stage

OpenTheatre = Callable[[str], Theatre]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The fork server."""
    server = Nursery()
    yield server
    server.close()


@pytest.fixture(scope="session")
def open_theatre(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenTheatre]:
    """A theatre by the kind of its database, made when it is first asked for."""
    open_ones: dict[str, Theatre] = {}
    with ExitStack() as stack:

        def opened(kind: str) -> Theatre:
            if kind not in open_ones:
                home = _home(kind, tmp_path_factory)
                stack.callback(home.close)
                open_ones[kind] = Theatre(nursery, home)
            return open_ones[kind]

        yield opened


@pytest.fixture
def theatre(request: pytest.FixtureRequest, open_theatre: OpenTheatre) -> Theatre:
    """SQLite's theatre, or that of the kind a test is parametrised with."""
    return open_theatre(getattr(request, "param", KINDS[0]))


def _home(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Home:
    if kind == "sqlite":
        return SqliteHome(tmp_path_factory.mktemp("staged"), set_stage)
    try:
        return PostgresqlHome(set_stage)
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"PostgreSQL for tests is not here ({error})")
