"""What the tests of the loopback SendGrid share."""

from collections.abc import Iterator

import pytest

from .sendgrid import LoopbackSendGrid


@pytest.fixture
def sendgrid() -> Iterator[LoopbackSendGrid]:
    """One that is listening, and in good health."""
    with LoopbackSendGrid() as running:
        yield running
