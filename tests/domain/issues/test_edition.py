"""What a digest says, to whom, and what changed since the last proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.domain.issues.edition import (
    Content,
    Item,
    ItemTopic,
    Source,
    changes,
    default_preheader,
    default_subject,
    from_json,
    plain,
    to_json,
)
from tests.domain.issues.pieces import AI, content, item

ISSUE = content(item(1, "Court annuls fine"), item(2, "Cookie walls"), item(3, "Transfers"))


@pytest.mark.parametrize(
    ("titles", "subject", "preheader"),
    [
        ([], "", ""),
        (["Court annuls fine"], "Court annuls fine", ""),
        (["Court annuls fine", "Two"], "Court annuls fine, and 1 more", "Two"),
        (["One", "Two", "Three", "Four", "Five"], "One, and 4 more", "Two · Three · Four"),
    ],
)
def test_default_inbox_line(titles: list[str], subject: str, preheader: str) -> None:
    assert default_subject(titles) == subject
    assert default_preheader(titles) == preheader


def test_plain_keeps_the_words() -> None:
    assert plain('<p>One <a href="https://example.org">link</a></p>\n<p>Two</p>') == "One link Two"
    assert plain("<p> </p>") == ""
    assert plain("<p>found him <s>not</s> <s></s>guilty</p>") == "found him ~~not~~ guilty"
    assert plain("<p><s>a</s> <s>b</s></p>") == "~~a b~~"


def test_reading_time_counts_whole_minutes_and_never_none() -> None:
    assert content(item(1)).minutes == 1
    assert content(item(1, "Title", "<p>" + "word " * 657 + "</p>"), introduction="<p>So.</p>").minutes == 3


texts = st.text(max_size=40)
sources = st.builds(Source, texts, texts, texts)
items = st.builds(
    Item,
    st.integers(),
    texts,
    texts,
    texts,
    st.dates(),
    texts,
    st.lists(sources, max_size=3).map(tuple),
    st.lists(st.builds(ItemTopic, texts, texts), max_size=3).map(tuple),
)
contents = st.builds(Content, st.dates(), st.integers(), texts, texts, texts, st.lists(items, max_size=4).map(tuple))


@settings(derandomize=True, deadline=None)
@given(contents)
def test_what_is_stored_comes_back_the_same(any_content: Content) -> None:
    assert from_json(to_json(any_content)) == any_content


FIRST, SECOND, THIRD = ISSUE.items


@pytest.mark.parametrize(
    ("after", "sentences"),
    [
        (ISSUE, []),
        (replace(ISSUE, number=8), []),
        (replace(ISSUE, items=(*ISSUE.items, item(4, "Fines"))), ["Added: “Fines”."]),
        (replace(ISSUE, items=(FIRST, THIRD)), ["Removed: “Cookie walls”."]),
        (replace(ISSUE, items=(SECOND, FIRST, THIRD)), ["The order changed."]),
        (
            replace(ISSUE, items=(replace(FIRST, title="Court keeps fine", body_html="<p>No.</p>"), SECOND, THIRD)),
            ["Changed: “Court keeps fine” (headline, body)."],
        ),
        (
            replace(ISSUE, items=(FIRST, replace(SECOND, published_on=date(2024, 5, 12), sources=()), THIRD)),
            ["Changed: “Cookie walls” (date, sources)."],
        ),
        (
            replace(ISSUE, items=(FIRST, SECOND, replace(THIRD, publication="MLex", topics=(AI,)))),
            ["Changed: “Transfers” (main contributor, topics)."],
        ),
        (
            replace(ISSUE, items=(FIRST, SECOND, replace(THIRD, url="http://digest.test/other"))),
            ["Changed: “Transfers” (address)."],
        ),
        (replace(ISSUE, issue_date=date(2024, 5, 20)), ["The date moved to Monday 20 May 2024."]),
        (
            replace(ISSUE, subject="A", preheader="B", introduction_html="<p>C</p>"),
            ["The subject changed.", "The preheader changed.", "The introduction changed."],
        ),
    ],
)
def test_a_second_proof_says_what_changed(after: Content, sentences: list[str]) -> None:
    assert changes(ISSUE, after) == sentences


def test_words_are_counted_as_they_are_read() -> None:
    assert plain("<p>H<sub>2</sub>O</p><p>10&nbsp;km<br>R&amp;D</p><table><tr><td>a</td><td>b</td></tr></table>") == (
        "H2O 10 km R&D a b"
    )
