"""The checks before a digest may go: each finds its fault, names the item and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.domain.issues.edition import Content, Source
from digest.domain.issues.links import LinkFinding
from digest.domain.issues.preflight import CHECKS, SIZE_LIMIT, SUBJECT_SHOWN, Beside, Level, check
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
    assert check(replace(GOOD, subject="x " * (SUBJECT_SHOWN // 2)), SIZE_LIMIT) == []
    assert check(with_second(published_on=date(2023, 5, 18), title="t " * 60, body_html="<p>a </p>" * 300), 1) == []
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
    (with_second(title="t " * 60 + "t"), Level.WARNS, "Item 2", "121 characters"),
    (with_second(body_html="<p>a</p> " * 301), Level.WARNS, "Item 2", "301 words"),
    (with_second(published_on=date(2023, 5, 17)), Level.WARNS, "Item 2", "366 days old"),
    (with_second(published_on=date(2024, 5, 18)), Level.WARNS, "Item 2", "dated after the issue"),
]
LEFT_OVER = [
    (with_second(body_html="<p>Dear {{name}},</p>"), Level.BLOCKS, "Item 2", "“{{name}}” would go out as it stands"),
    (with_second(title="News for {% if x %}you"), Level.BLOCKS, "Item 2", "“{% if x %}”"),
    (replace(GOOD, subject="*|FNAME|*, the week"), Level.BLOCKS, "Words around it", "“*|FNAME|*”"),
    (replace(GOOD, introduction_html="<p>See [^3].</p>"), Level.BLOCKS, "Words around it", "“[^3]” has no note"),
    (with_second(body_html=from_markdown("Dear *|FNAME|*,")), Level.BLOCKS, "Item 2", "“|FNAME|”"),
    (with_second(body_html=from_markdown("A mark[^1].")), Level.BLOCKS, "Item 2", "“[^1]” has no note"),
    (with_second(body_html=from_markdown("[a](https://b c)")), Level.BLOCKS, "Item 2", "“](” belongs to a link"),
    (with_second(body_html=from_markdown("Now ~~this.")), Level.BLOCKS, "Item 2", "“~~” strikes out nothing"),
    (with_second(body_html=from_markdown("Now **this.")), Level.BLOCKS, "Item 2", "“**” begins bold type"),
    (with_second(body_html=from_markdown("| a | b |\n|---|\n| 1 | 2 |")), Level.BLOCKS, "Item 2", "belongs to a table"),
    (with_second(body_html=from_markdown("Now <b class='x'>this</b>.")), Level.BLOCKS, "Item 2", "is HTML"),
    (with_second(body_html=from_markdown("R&amp;amp;D")), Level.BLOCKS, "Item 2", "“&amp;” is a character’s name"),
    (with_second(body_html="<p>caf\ufffd</p>"), Level.BLOCKS, "Item 2", "was lost on the way"),
]


@pytest.mark.parametrize(("faulty", "level", "where", "words"), PLACEHOLDERS + OTHERS + LEFT_OVER)
def test_fault(faulty: Content, level: Level, where: str, words: str) -> None:
    (fault,) = check(faulty, SMALL)
    assert (fault.level, fault.where) == (level, where)
    assert words in fault.what
    assert fault.summary_id == (2 if where == "Item 2" else None)


def test_size() -> None:
    (fault,) = check(GOOD, 95_400)
    assert fault.level is Level.BLOCKS
    assert str(fault).startswith("Size: 95 kB of 90 kB")


def test_a_shared_source_is_said_of_each_item_that_shares_it() -> None:
    shared = with_second(sources=GOOD.items[0].sources)
    assert [(fault.where, fault.summary_id) for fault in check(shared, SMALL)] == [("Item 1", 1), ("Item 2", 2)]
    twice = with_second(sources=GOOD.items[1].sources * 2)
    assert check(twice, SMALL) == []


def linking(html: str) -> Content:
    """The good issue with a link in its second item's text."""
    return with_second(body_html=f"<p>One plain paragraph, with {html}.</p>")


STORY = "https://example.org/2"
LINKS = [
    (GOOD, LinkFinding("dead", "Nothing is there (404)."), "https://example.org/2 is dead. Nothing is there (404)."),
    (
        GOOD,
        LinkFinding("moved", "https://example.org/new"),
        "has moved to https://example.org/new. Use its",
    ),
    (linking('<a href="/about">our page</a>'), None, "“our page” leads nowhere from a mail"),
    (linking('<a href="https://bit.ly/3x">the ruling</a>'), None, "https://bit.ly/3x is a shortened address"),
    (linking('<a href="https://example.org/x">Click here…</a>'), None, "“Click here…” says nothing by itself"),
]


@pytest.mark.parametrize(("faulty", "finding", "words"), LINKS)
def test_a_link_that_readers_would_stumble_over(faulty: Content, finding: LinkFinding | None, words: str) -> None:
    beside = Beside(links={STORY: finding} if finding else {})
    (fault,) = check(faulty, SMALL, beside)
    assert (fault.level, fault.where, fault.summary_id) == (Level.WARNS, "Item 2", 2)
    assert words in fault.what


@pytest.mark.parametrize(
    "url",
    [
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org",
        "https://press.us1.list-manage.com/track/click?u=1&id=2",
        "https://u123.ct.sendgrid.net/ls/click?upn=abc",
        "https://links.example.org/ls/click?upn=abc",
        "https://www.google.com/url?sa=t&url=https://example.org",
    ],
)
def test_a_link_that_somebody_rewrote_to_see_who_follows_it_stops_an_issue_unless_a_sender_gives_a_reason(
    url: str,
) -> None:
    faults = check(linking(f'<a href="{url}">the ruling</a>'), SMALL)
    (fault,) = [fault for fault in faults if fault.blocks]
    assert (fault.where, fault.summary_id, fault.final) == ("Item 2", 2, False)
    assert "leads through a tracker" in fault.what


@pytest.mark.parametrize("verdict", ["ok", "unclear"])
def test_a_paywall_or_a_robots_wall_is_not_dead(verdict: str) -> None:
    assert check(GOOD, SMALL, Beside(links={STORY: LinkFinding(verdict, "403, a robots’ wall")})) == []


def test_two_addresses_of_one_article_are_one_source() -> None:
    other = Source("http://www.example.org/1/?utm_source=mail#top", "The story", "MLex")
    faults = check(with_second(sources=(other,)), SMALL)
    assert [str(fault) for fault in faults] == [
        "Item 1: shares a source with item 2. Merge them?",
        "Item 2: shares a source with item 1. Merge them?",
    ]


WIDE = [
    (with_second(body_html=f"<p>See https://example.org/{'x' * 60}</p>"), "Item 2"),
    (with_second(title="Donaudampfschifffahrtsgesellschaft"), "Item 2"),
    (replace(GOOD, closing_html=f"<p>{'x' * 60}</p>"), "Words around it"),
]


@pytest.mark.parametrize(("faulty", "where"), WIDE)
def test_a_word_too_long_for_a_phone(faulty: Content, where: str) -> None:
    (fault,) = check(faulty, SMALL)
    assert (fault.level, fault.where) == (Level.WARNS, where)
    assert "is too long for a line on a phone" in fault.what


MAILED = [
    (Beside(foreign=("an image (<img>)",)), Level.BLOCKS, "Mail: it would carry an image (<img>)"),
    (Beside(no_unsubscribe=True), Level.BLOCKS, "Footer: there is no link to unsubscribe by"),
    (Beside(no_address=True), Level.BLOCKS, "Footer: the postal address is not in it"),
    (Beside(sending=("SendGrid’s key is not set.",)), Level.WARNS, "Sending: SendGrid’s key is not set"),
    (Beside(carried={2: date(2024, 5, 10)}), Level.WARNS, "Item 2: went out with the issue of 10 May 2024 already"),
]


@pytest.mark.parametrize(("beside", "level", "words"), MAILED)
def test_what_the_digest_itself_does_not_say(beside: Beside, level: Level, words: str) -> None:
    (fault,) = check(GOOD, SMALL, beside)
    assert fault.level is level
    assert words in str(fault)


def test_the_number_of_checks_that_the_desk_names_is_right() -> None:
    placeholders, left_over, size, shared_source, wide, rewritten = 1, 1, 1, 1, 1, 1
    kinds = len(OTHERS) + len(LINKS) + len(MAILED)
    assert kinds + placeholders + left_over + size + shared_source + wide + rewritten == CHECKS


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
