"""What an outcome that nobody can know means for its batch."""

from __future__ import annotations

from digest.config import Settings
from digest.storage.batches import Batch, BatchState


def hold_or_settle(settings: Settings, batch: Batch, because: str) -> None:
    """Put a batch of unknown outcome where it waits: for SendGrid's events, or, where none can come, for a person."""
    batch.state = BatchState.UNKNOWN if settings.sendgrid_webhook_key else BatchState.HELD
    batch.because = because[:500]
