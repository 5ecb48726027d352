"""What the tests of sources begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.feeds.server import Stranger
from tests.operations.sources.stage import Rounds


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """A publisher's server."""
    with Stranger() as server:
        yield server


@pytest.fixture
def rounds(db: Database, settings: Settings) -> Rounds:
    """An installation that polls."""
    return Rounds(db, settings)
