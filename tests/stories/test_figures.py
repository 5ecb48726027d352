"""The figures that docs/stories.md promises, held on labelled leads of our own making."""

from __future__ import annotations

from tests.stories.figures import OURS, figures_of


def test_stories_are_found_and_not_mistaken() -> None:
    got = figures_of(OURS)
    assert got.precision >= 0.95
    assert got.recall >= 0.7
    assert got.near >= 0.96
