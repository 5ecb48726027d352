"""What the tests of the desk's sources begin with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from digest.domain.sources import hosts
from tests.feeds.server import Stranger


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """An installation that may ask servers on loopback."""
    return environ | {"FEED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """A publisher's server."""
    with Stranger() as server:
        yield server


@pytest.fixture(autouse=True)
def at_any_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second between two requests to the one host that there is."""
    monkeypatch.setattr(hosts, "EVERY", timedelta())
