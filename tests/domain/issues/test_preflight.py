"""The checks before a digest may go: each finds its fault, names the item and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.domain.issues.edition import Content
from digest.domain.issues.preflight import CHECKS, SIZE_LIMIT, SUBJECT_SHOWN, Level, check
from digest.domain.writing.markup import from_markdown
from tests.domain.issues.pieces import content, item

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
LEFT_OVER = [
    (with_second(body_html="<p>Dear {{name}},</p>"), Level.WARNS, "Item 2", "“{{name}}” would go out as it stands"),
    (with_second(title="News for {% if x %}you"), Level.WARNS, "Item 2", "“{% if x %}”"),
    (replace(GOOD, subject="*|FNAME|*, the week"), Level.WARNS, "Words around it", "“*|FNAME|*”"),
    (replace(GOOD, introduction_html="<p>See [^3].</p>"), Level.WARNS, "Words around it", "“[^3]” has no note"),
    (with_second(body_html=from_markdown("Dear *|FNAME|*,")), Level.WARNS, "Item 2", "“|FNAME|”"),
    (with_second(body_html=from_markdown("A mark[^1].")), Level.WARNS, "Item 2", "“[^1]” has no note"),
    (with_second(body_html=from_markdown("[a](https://b c)")), Level.WARNS, "Item 2", "“](” belongs to a link"),
    (with_second(body_html=from_markdown("Now ~~this.")), Level.WARNS, "Item 2", "“~~” strikes out nothing"),
    (with_second(body_html=from_markdown("Now **this.")), Level.WARNS, "Item 2", "“**” begins bold type"),
    (with_second(body_html=from_markdown("| a | b |\n|---|\n| 1 | 2 |")), Level.WARNS, "Item 2", "belongs to a table"),
    (with_second(body_html=from_markdown("Now <b class='x'>this</b>.")), Level.WARNS, "Item 2", "is HTML"),
    (with_second(body_html=from_markdown("R&amp;amp;D")), Level.WARNS, "Item 2", "“&amp;” is a character’s name"),
    (with_second(body_html="<p>caf\ufffd</p>"), Level.WARNS, "Item 2", "was lost on the way"),
]


@pytest.mark.parametrize(("faulty", "level", "where", "words"), PLACEHOLDERS + OTHERS + LEFT_OVER)
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
    placeholders, left_over, size, shared_source = 1, 1, 1, 1
    assert len(OTHERS) + placeholders + left_over + size + shared_source == CHECKS


def test_what_blocks_comes_first() -> None:
    both = replace(with_second(body_html=""), subject="x" * 61)
    assert [fault.level for fault in check(both, SMALL)] == [Level.BLOCKS, Level.WARNS]


@pytest.mark.parametrize("title", ["Todo lo que cambia", "Método", "ATKINS v Meta", "The XXXII congress"])
def test_words_that_only_look_like_placeholders_pass(title: str) -> None:
    assert check(with_second(title=title), SMALL) == []


@pytest.mark.parametrize(
    "text",
    [
        "One[^1] two[^2][^1].\n\n[^1]: a\n\n[^2]: b",
        "In code, `{{name}}` and `<b>` and `[^1]`.",
        "R&D, 5 < 6 > 4, a | b, [sic], *x*, **y**, ~~z~~, <https://a.example>, me <me@a.example>",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_marks_that_were_read_are_not_left_over(text: str) -> None:
    assert check(with_second(body_html=from_markdown(text)), SMALL) == []
