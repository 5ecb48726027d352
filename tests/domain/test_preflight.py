"""The checks before a digest may go: each finds its fault, names the item and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.domain.edition import Content
from digest.domain.preflight import CHECKS, SIZE_LIMIT, SUBJECT_SHOWN, Level, check
from tests.domain.pieces import content, item

GOOD = content(item(1), item(2), item(3))
SMALL = 20_000


def with_second(**changed: object) -> Content:
    """The good issue with something wrong in its second item."""
    first, second, third = GOOD.items
    return replace(GOOD, items=(first, replace(second, **changed), third))  # type: ignore[arg-type]


def test_a_good_issue_has_no_fault() -> None:
    assert check(GOOD, SMALL) == []


def test_at_the_limits_nothing_is_said() -> None:
    assert check(replace(GOOD, subject="x" * SUBJECT_SHOWN), SIZE_LIMIT) == []
    assert check(with_second(published_on=date(2023, 5, 18), title="t" * 120, body_html="<p>a </p>" * 300), 1) == []
    assert check(with_second(published_on=date(2024, 5, 17)), 1) == []


PLACEHOLDERS = [
    (replace(GOOD, subject="The week: TK"), Level.BLOCKS, "Words around it", "“TK”"),
    (replace(GOOD, preheader="XXX"), Level.BLOCKS, "Words around it", "“XXX”"),
    (replace(GOOD, introduction_html="<p>TODO: say why.</p>"), Level.BLOCKS, "Words around it", "“TODO”"),
    (with_second(title="Fine of TKTK euros"), Level.BLOCKS, "Item 2", "“TKTK”"),
    (with_second(body_html="<p>Lorem ipsum dolor</p>"), Level.BLOCKS, "Item 2", "“Lorem ipsum”"),
    (with_second(body_html="<p>The amount is <b>TBC</b>.</p>"), Level.BLOCKS, "Item 2", "“TBC”"),
]
OTHERS = [
    (with_second(body_html="<p> </p>"), Level.BLOCKS, "Item 2", "no body"),
    (replace(GOOD, subject="x" * 61), Level.WARNS, "Subject", "61 characters"),
    (replace(GOOD, subject="On =?utf-8?q?a=0d=0aBcc=3a?="), Level.WARNS, "Subject", "“=?utf-8?q?a=0d=0aBcc=3a?=”"),
    (replace(GOOD, introduction_html="<p></p>"), Level.WARNS, "Introduction", "empty"),
    (with_second(sources=()), Level.WARNS, "Item 2", "no source link"),
    (with_second(title="t" * 121), Level.WARNS, "Item 2", "121 characters"),
    (with_second(body_html="<p>a</p> " * 301), Level.WARNS, "Item 2", "301 words"),
    (with_second(published_on=date(2023, 5, 17)), Level.WARNS, "Item 2", "366 days old"),
    (with_second(published_on=date(2024, 5, 18)), Level.WARNS, "Item 2", "dated after the issue"),
]


@pytest.mark.parametrize(("faulty", "level", "where", "words"), PLACEHOLDERS + OTHERS)
def test_fault(faulty: Content, level: Level, where: str, words: str) -> None:
    (fault,) = check(faulty, SMALL)
    assert (fault.level, fault.where) == (level, where)
    assert words in fault.what
    assert fault.summary_id == (2 if where == "Item 2" else None)


def test_size() -> None:
    (fault,) = check(GOOD, 95_400)
    assert fault.level is Level.WARNS
    assert str(fault).startswith("Size: 95 kB of 90 kB")


def test_a_shared_source_is_said_of_each_item_that_shares_it() -> None:
    shared = with_second(sources=GOOD.items[0].sources)
    assert [(fault.where, fault.summary_id) for fault in check(shared, SMALL)] == [("Item 1", 1), ("Item 2", 2)]
    twice = with_second(sources=GOOD.items[1].sources * 2)
    assert check(twice, SMALL) == []


def test_the_number_of_checks_that_the_desk_names_is_right() -> None:
    placeholders, size, shared_source = 1, 1, 1
    assert len(OTHERS) + placeholders + size + shared_source == CHECKS


def test_what_blocks_comes_first() -> None:
    both = replace(with_second(body_html=""), subject="x" * 61)
    assert [fault.level for fault in check(both, SMALL)] == [Level.BLOCKS, Level.WARNS]


@pytest.mark.parametrize("title", ["Todo lo que cambia", "Método", "ATKINS v Meta", "The XXXII congress"])
def test_words_that_only_look_like_placeholders_pass(title: str) -> None:
    assert check(with_second(title=title), SMALL) == []
