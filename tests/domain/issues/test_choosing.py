"""What a reader's topics make of an issue, and which choices get an edition of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.domain.issues.choosing import Choice, choice_of, chosen_content
from digest.domain.issues.edition import Content, ItemTopic
from digest.domain.issues.sharing import MOST_EDITIONS, editions_for, fewest_readers
from tests.domain.issues.pieces import AI, CHILDREN, content, item

FINES = ItemTopic("fines", "Fines")
WEEK = content(
    item(1, "Fine for a bank", "<p>F.</p>", FINES),
    item(2, "On everyone"),
    item(3, "Robots sued", "<p>A.</p>", AI),
    item(4, "A playground", "<p>C.</p>", CHILDREN),
    item(5, "Robots fined", "<p>A.</p>", AI, FINES),
    introduction="<p>A bank pays.</p>",
)
TODAY = ("ai", "children", "fines", "sport")


def seen(content: Content, *chosen: str, own_subject: bool = False) -> tuple[list[str], list[str], str, str]:
    """Titles in full, headlines, subject and preheader of what a reader with these topics sees."""
    found = chosen_content(content, choice_of(content, chosen, TODAY), own_subject)
    full = [each.title for each in found.content.items]
    return full, [each.title for each in found.headlines], found.content.subject, found.content.preheader


def test_what_is_chosen_comes_first_and_in_full_and_the_rest_as_headlines() -> None:
    assert seen(WEEK, "ai") == (
        ["Robots sued", "Robots fined", "On everyone"],
        ["Fine for a bank", "A playground"],
        "Robots sued, and 2 more",
        "Robots fined · On everyone",
    )


def test_who_finds_nothing_on_their_topics_gets_headlines_and_is_told_in_the_subject() -> None:
    alone = content(item(1, "Robots sued", "<p>A.</p>", AI), item(2, "A playground", "<p>C.</p>", CHILDREN))
    assert seen(alone, "sport") == (
        [],
        ["Robots sued", "A playground"],
        "2 headlines, none of them on your topics",
        "Robots sued · A playground",
    )
    assert seen(WEEK, "sport")[:3] == (["On everyone"], [i.title for i in WEEK.items if i.topics], "On everyone")


@pytest.mark.parametrize(
    "chosen",
    [[], ["withdrawn-topic"], list(TODAY), ["ai", "children", "fines"]],
    ids=["nothing", "a topic that is no more", "all that there are", "all that are in it"],
)
def test_the_whole_issue_is_left_as_it_is(chosen: list[str]) -> None:
    assert choice_of(WEEK, chosen, TODAY) is None
    assert chosen_content(WEEK, None, own_subject=False).content is WEEK


def test_choices_that_come_to_the_same_are_one() -> None:
    assert choice_of(WEEK, ["ai"], TODAY) == choice_of(WEEK, ["ai", "sport", "gone"], TODAY) == frozenset({"ai"})


def test_a_topic_that_got_another_name_after_the_closing_still_counts() -> None:
    assert choice_of(WEEK, ["ai"], ("artificial-intelligence", "sport")) == frozenset({"ai"})


def test_an_editors_words_stay_where_they_speak_of_what_is_in_full() -> None:
    whole = replace(WEEK, subject="A bank pays its fines", preheader="The week in short")
    assert seen(whole, "children", own_subject=True)[2:] == ("A playground, and 1 more", "The week in short")
    assert seen(whole, "fines", own_subject=True)[2:] == ("A bank pays its fines", "The week in short")
    chosen = chosen_content(replace(WEEK, introduction_html="<p>Robots everywhere.</p>"), frozenset({"fines"}), False)
    assert chosen.content.introduction_html == "<p>Robots everywhere.</p>", "an item in full has the word"
    chosen = chosen_content(replace(WEEK, introduction_html="<p>A playground.</p>"), frozenset({"ai"}), False)
    assert chosen.content.introduction_html == ""


def test_an_editors_words_go_where_they_link_to_what_is_not_in_full() -> None:
    bank, longer = WEEK.items[0].url, f"{WEEK.items[0].url}0"
    for url, stays in ((bank, False), (f"{bank}?from=mail", False), (f"{bank}#top", False), (longer, True)):
        words = f'<p>Look at <a href="{url}">this one</a>.</p>'
        chosen = chosen_content(replace(WEEK, introduction_html=words), frozenset({"children"}), False)
        assert bool(chosen.content.introduction_html) is stays, url
    words = f'<p>Look at <a href="{bank}">this one</a>.</p>'
    assert chosen_content(replace(WEEK, introduction_html=words), frozenset({"fines"}), False).content == replace(
        chosen_content(WEEK, frozenset({"fines"}), False).content, introduction_html=words
    )


def test_the_nearest_edition_is_the_one_with_the_fewest_items_besides() -> None:
    issue = content(*(item(n, "", "<p>x</p>", topic) for n, topic in enumerate((AI, AI, AI, FINES, CHILDREN))))
    near, far, rare = frozenset({"children", "fines"}), frozenset({"ai", "children"}), frozenset({"children"})
    assert editions_for(issue, {None: 900, far: 900, near: 900, rare: 1})[rare] == near


def editions(audience: dict[str, int]) -> dict[str, str]:
    """Who gets whose edition; a choice is its slugs with commas between, empty for the whole issue."""
    asked: dict[Choice, int] = {frozenset(key.split(",")) if key else None: number for key, number in audience.items()}
    return {_key(choice): _key(edition) for choice, edition in editions_for(WEEK, asked).items()}


def _key(choice: Choice) -> str:
    return ",".join(sorted(choice)) if choice is not None else ""


def test_a_rare_choice_gets_the_nearest_edition_that_hides_none_of_its_topics() -> None:
    assert editions({"": 5000, "ai": 4000, "ai,children": 400, "ai,fines": 500, "fines": 3, "children,fines": 3}) == {
        "": "",
        "ai": "ai",
        "ai,children": "ai,children",
        "ai,fines": "ai,fines",
        "fines": "ai,fines",
        "children,fines": "",
    }


def test_the_whole_issue_has_no_small_tail() -> None:
    assert editions({"ai": 9000, "fines": 400, "children": 500, "children,fines": 2}) == {
        "ai": "ai",
        "children": "children",
        "fines": "",
        "children,fines": "",
    }


@pytest.mark.parametrize(
    ("audience", "wholes"),
    [
        ({"": 1, "ai": 99_900}, [""]),
        ({"": 1, "ai": 600, "fines": 99_000}, ["", "ai"]),
        ({"": 1, "ai": 601, "fines": 99_000}, [""]),
        ({"": 1, "ai,fines": 400, "ai": 290, "children": 601, "fines": 99_000}, [""]),
    ],
    ids=["one edition", "a small one", "no small one", "small but for the rare choices that get it"],
)
def test_a_handful_with_the_whole_issue_costs_no_large_edition_its_selection(
    audience: dict[str, int], wholes: list[str]
) -> None:
    assert [choice for choice, edition in editions(audience).items() if not edition] == wholes


def test_small_sites_have_editions_too() -> None:
    assert editions({"": 8, "ai": 1, "fines": 1}) == {"": "", "ai": "ai", "fines": "fines"}


@pytest.mark.parametrize(("audience", "fewest"), [(1, 1), (39, 1), (400, 20), (1_000, 50), (6_000, 300), (10**6, 300)])
def test_from_where_silence_can_settle_no_edition_has_fewer_than_fifty(audience: int, fewest: int) -> None:
    assert fewest_readers(audience) == fewest


def test_there_are_no_more_editions_than_a_freeze_can_make_in_good_time() -> None:
    topics = [ItemTopic(f"t{number}", f"T{number}") for number in range(MOST_EDITIONS + 20)]
    issue = content(*(item(number, "", "<p>x</p>", topic) for number, topic in enumerate(topics)))
    asked: dict[Choice, int] = {frozenset({topic.slug}): 1_000 + n for n, topic in enumerate(topics)}
    found = editions_for(issue, asked)
    assert len(set(found.values()) - {None}) == MOST_EDITIONS
    assert found[frozenset({"t0"})] is None
