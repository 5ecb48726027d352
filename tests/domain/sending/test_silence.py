"""When silence means no: every condition in turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.domain.sending.silence import Judged, Judgement, Silence, judge

HOUR = 3_600.0
PROOF = Silence(
    seconds=3_660.0,
    up=3_660.0,
    copies=1_000,
    heard=False,
    events_can_come=True,
    accepted=100,
    accepted_heard=95,
    later_heard=1,
)
"""Just enough of everything, but a minute more."""


def test_silence_that_everything_speaks_for_means_no_and_says_why() -> None:
    judged = judge(PROOF)
    assert judged.judgement is Judgement.RESEND
    assert judged.evidence == (
        "no event of its 1,000 copies came in 61 minutes, while events came for 95 of 100 accepted batches (95 %), "
        "1 of them accepted after it"
    )


@pytest.mark.parametrize(
    ("changed", "lacking"),
    [
        (replace(PROOF, later_heard=0), "no event came for a batch accepted after it"),
        (
            replace(PROOF, accepted_heard=94),
            "events came for only 94 of 100 accepted batches (94 %), and 95 % are needed",
        ),
        (replace(PROOF, copies=49), "it has only 49 copies, and 50 are needed"),
        (replace(PROOF, copies=1), "it has only 1 copy, and 50 are needed"),
        (replace(PROOF, heard=True), "an event of an attempt at it did come"),
        (replace(PROOF, accepted=0, accepted_heard=0, later_heard=0), "no batch of the issue was accepted"),
        (replace(PROOF, accepted=1, accepted_heard=0), "events came for only 0 of 1 accepted batch (0 %)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_is_lacking_leaves_it_to_a_person(changed: Silence, lacking: str) -> None:
    judged = judge(changed)
    assert judged.judgement is Judgement.HOLD
    assert "no event settled it in 61 minutes, and silence proves nothing" in judged.evidence
    assert lacking in judged.evidence


def test_all_that_is_lacking_is_said() -> None:
    evidence = judge(replace(PROOF, copies=3, accepted_heard=10, later_heard=0)).evidence
    assert evidence.count(";") == 2


@pytest.mark.parametrize("seconds", [-30.0, 0.0, 3_599.9])
@pytest.mark.parametrize("other", [PROOF, replace(PROOF, copies=1), replace(PROOF, later_heard=0)])
def test_within_the_hour_nothing_is_decided(seconds: float, other: Silence) -> None:
    judged = judge(replace(other, seconds=seconds))
    assert (judged.judgement, judged.evidence) == (Judgement.WAIT, "")


@pytest.mark.parametrize("up", [0.0, 60.0, HOUR - 0.1])
@pytest.mark.parametrize("seconds", [HOUR, 2 * HOUR, 24 * HOUR - 1])
def test_an_hour_in_which_nothing_was_up_does_not_count(seconds: float, up: float) -> None:
    assert judge(replace(PROOF, seconds=seconds, up=up)) == Judged(Judgement.WAIT)


def test_after_a_gap_the_hour_begins_anew_and_the_evidence_says_so() -> None:
    judged = judge(replace(PROOF, seconds=7_000.0, up=3_660.0))
    assert judged.judgement is Judgement.RESEND
    assert judged.evidence.startswith(
        "no event of its 1,000 copies came in the 61 minutes since the clock last stood still (116 in all), while"
    )


@pytest.mark.parametrize(("up", "judgement"), [(5 * HOUR - 1, Judgement.WAIT), (5 * HOUR, Judgement.RESEND)])
def test_after_a_long_gap_it_takes_as_long_again(up: float, judgement: Judgement) -> None:
    """SendGrid's pauses grow: after five hours without an answer it may ask next in five hours."""
    assert judge(replace(PROOF, seconds=5 * HOUR + up, up=up)).judgement is judgement


@pytest.mark.parametrize("up", [0.0, HOUR, 11 * HOUR])
def test_once_sendgrid_repeats_nothing_any_more_a_person_decides(up: float) -> None:
    judged = judge(replace(PROOF, seconds=24 * HOUR, up=up))
    assert judged.judgement is Judgement.HOLD
    assert judged.evidence == (
        "no event settled it in more than 24 hours, and silence proves nothing: "
        "the clock stood still meanwhile, and SendGrid repeats events for 24 hours only"
    )


@pytest.mark.parametrize(("seconds", "judgement"), [(HOUR - 1, Judgement.WAIT), (HOUR, Judgement.RESEND)])
def test_how_long_the_clock_ran_before_does_not_matter(seconds: float, judgement: Judgement) -> None:
    assert judge(replace(PROOF, seconds=seconds, up=100 * HOUR)).judgement is judgement


@pytest.mark.parametrize("enough", [replace(PROOF, seconds=3_600.0), replace(PROOF, copies=50)])
def test_just_enough_is_enough(enough: Silence) -> None:
    assert judge(enough).judgement is Judgement.RESEND


def test_without_a_webhook_nobody_waits_for_events() -> None:
    judged = judge(replace(PROOF, seconds=0.0, events_can_come=False))
    assert judged.judgement is Judgement.HOLD
    assert "SENDGRID_WEBHOOK_KEY is not set" in judged.evidence
