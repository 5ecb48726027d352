"""Only what says so itself is dead: a wall, a fee, a bad day are not."""

from __future__ import annotations

import pytest

from digest.feeds.fetching.fetcher import WebAnswer
from digest.feeds.fetching.link_checks import LinkHealth, verdict_of
from digest.feeds.fetching.unreachable import Obstacle, Unreachable

URL = "https://news.example/a"
UNCLEAR = (302, 400, 401, 402, 403, 405, 429, 451, 500, 503)
CERTAIN = {Obstacle.NO_SUCH_HOST, Obstacle.TOO_LARGE}


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        (WebAnswer(200, URL), LinkHealth.OK, "there"),
        (WebAnswer(304, URL), LinkHealth.OK, "there"),
        (WebAnswer(404, URL), LinkHealth.DEAD, "404"),
        (WebAnswer(410, URL), LinkHealth.DEAD, "410"),
        *((WebAnswer(status, URL), LinkHealth.UNCLEAR, str(status)) for status in UNCLEAR),
        (WebAnswer(404, URL, challenged=True), LinkHealth.UNCLEAR, "wall against robots"),
        (WebAnswer(200, URL, challenged=True), LinkHealth.UNCLEAR, "wall against robots"),
        (Unreachable("No host.", Obstacle.NO_SUCH_HOST), LinkHealth.DEAD, "No host."),
        (Unreachable("Too large.", Obstacle.TOO_LARGE), LinkHealth.OK, "too large"),
        *((Unreachable("Why.", obstacle), LinkHealth.UNCLEAR, "Why.") for obstacle in sorted(set(Obstacle) - CERTAIN)),
    ],
)  # fmt: skip
def test_a_link_is_judged_by_what_is_certain(outcome: WebAnswer | Unreachable, state: LinkHealth, words: str) -> None:
    verdict = verdict_of(outcome)
    assert (verdict.state, verdict.moved_to) == (state, "")
    assert words in verdict.words


def test_what_moved_for_good_is_told_with_its_new_address() -> None:
    moved = verdict_of(WebAnswer(200, "https://news.example/b", moved_to="https://news.example/b"))
    assert (moved.state, moved.moved_to) == (LinkHealth.MOVED, "https://news.example/b")
    front = verdict_of(WebAnswer(200, "https://news.example/", moved_to="https://news.example/"))
    assert "front page" in front.words
    assert (
        verdict_of(WebAnswer(404, "https://news.example/b", moved_to="https://news.example/b")).state is LinkHealth.DEAD
    )
