"""The workers that tests run: as `digest serve` runs them, but in a hurry."""

from __future__ import annotations

from digest.web.serving.limits import Limits
from digest.web.serving.worker import PatientWorker


class Hurried(PatientWorker):
    """Whose time is up soon."""

    limits = Limits(
        head_seconds=0.5,
        body_seconds=0.5,
        line_seconds=0.5,
        answer_seconds=0.5,
        answer_pace=1_000_000,
        idle_seconds=0.5,
        body_bytes=200_000,
        per_network=None,
    )


class Patient(PatientWorker):
    """Who waits as long as tests take."""

    limits = Limits(head_seconds=60, body_seconds=60, answer_seconds=60, stopping_seconds=1, per_network=None)


class Narrow(PatientWorker):
    """Who has few places: eight a network."""

    limits = Limits(per_network=8)


class Small(PatientWorker):
    """Who takes small bodies, and has time."""

    limits = Limits(body_bytes=200_000, per_network=None)


class Light(PatientWorker):
    """Who keeps little."""

    limits = Limits(waiting_bytes=1_000_000, per_network=None)
