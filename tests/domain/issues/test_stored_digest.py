"""A digest stored by one version of the program and read by another: an upgrade or a rollback came between."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from digest.domain.issues.edition import Content, Item, ItemTopic, Source, from_json, to_json
from digest.domain.shared.stored import UnreadableRecord

BEFORE_VERSIONS = (
    '{"issue_date": "2024-05-17", "number": 7, "subject": "The week in privacy", "preheader": "And a fine", '
    '"introduction_html": "<p>Why it matters.</p>", "items": [{"summary_id": 12, "title": "Court annuls a fine", '
    '"url": "http://digest.test/news/euractiv/court-annuls-a-fine/12", "publication": "Euractiv", '
    '"published_on": "2024-05-13", "body_html": "<p>It was “too high”.</p>", '
    '"sources": [{"url": "https://example.org/1", "title": "The story", "publication": "MLex"}], '
    '"topics": [{"slug": "ai", "name": "AI"}]}]}'
)
"""As digests were stored before their form had a version; such rows are in databases."""

WHAT_IT_SAYS = Content(
    issue_date=date(2024, 5, 17),
    number=7,
    subject="The week in privacy",
    preheader="And a fine",
    introduction_html="<p>Why it matters.</p>",
    items=(
        Item(
            summary_id=12,
            title="Court annuls a fine",
            url="http://digest.test/news/euractiv/court-annuls-a-fine/12",
            publication="Euractiv",
            published_on=date(2024, 5, 13),
            body_html="<p>It was “too high”.</p>",
            sources=(Source("https://example.org/1", "The story", "MLex"),),
            topics=(ItemTopic("ai", "AI"),),
        ),
    ),
)
ITEM = WHAT_IT_SAYS.items[0]

Part = Callable[[dict[str, Any]], dict[str, Any]]
PARTS: dict[str, Part] = {
    "digest": lambda digest: digest,
    "item": lambda digest: digest["items"][0],
    "source": lambda digest: digest["items"][0]["sources"][0],
    "topic": lambda digest: digest["items"][0]["topics"][0],
}


def without(part: str, key: str) -> str:
    """The stored digest with one key less."""
    digest = json.loads(BEFORE_VERSIONS)
    del PARTS[part](digest)[key]
    return json.dumps(digest)


def with_item(**changed: Any) -> Content:
    return replace(WHAT_IT_SAYS, items=(replace(ITEM, **changed),))


def test_a_digest_stored_before_forms_had_versions_reads_as_it_was() -> None:
    assert from_json(BEFORE_VERSIONS) == WHAT_IT_SAYS


def test_what_is_stored_now_is_what_programs_without_versions_read() -> None:
    assert json.loads(to_json(WHAT_IT_SAYS)) == json.loads(BEFORE_VERSIONS)


@pytest.mark.parametrize("part", PARTS)
def test_a_key_of_a_later_program_is_passed_over(part: str) -> None:
    digest = json.loads(to_json(WHAT_IT_SAYS))
    PARTS[part](digest)["mood"] = {"of": ["a", "later", "program"]}
    assert from_json(json.dumps(digest)) == WHAT_IT_SAYS


@pytest.mark.parametrize(
    ("part", "key", "read"),
    [
        ("digest", "number", replace(WHAT_IT_SAYS, number=0)),
        ("digest", "subject", replace(WHAT_IT_SAYS, subject="Court annuls a fine")),
        ("digest", "preheader", replace(WHAT_IT_SAYS, preheader="")),
        ("digest", "introduction_html", replace(WHAT_IT_SAYS, introduction_html="")),
        ("item", "publication", with_item(publication="")),
        ("item", "published_on", with_item(published_on=date(2024, 5, 17))),
        ("item", "body_html", with_item(body_html="")),
        ("item", "sources", with_item(sources=())),
        ("item", "topics", with_item(topics=())),
        ("source", "title", with_item(sources=(Source("https://example.org/1", "https://example.org/1", "MLex"),))),
        ("source", "publication", with_item(sources=(Source("https://example.org/1", "The story", ""),))),
        ("topic", "name", with_item(topics=(ItemTopic("ai", "ai"),))),
    ],
)
def test_a_key_that_is_missing_costs_no_more_than_itself(part: str, key: str, read: Content) -> None:
    assert from_json(without(part, key)) == read


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("digest", "issue_date"),
        ("digest", "items"),
        ("item", "summary_id"),
        ("item", "title"),
        ("item", "url"),
        ("source", "url"),
        ("topic", "slug"),
    ],
)
def test_what_nothing_can_replace_is_named(part: str, key: str) -> None:
    with pytest.raises(UnreadableRecord, match=f"lacks “{key}”. Install the program that stored it"):
        from_json(without(part, key))


def test_the_form_of_a_later_program_is_refused_with_the_remedy() -> None:
    later = json.dumps(json.loads(to_json(WHAT_IT_SAYS)) | {"version": 2})
    with pytest.raises(
        UnreadableRecord, match=r"newer program \(version 2; this one reads up to 1\). Install that program"
    ):
        from_json(later)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_what_is_no_form_at_all_says_so(text: str) -> None:
    with pytest.raises(UnreadableRecord, match="Restore the database"):
        from_json(text)


@pytest.mark.parametrize("version", ["2", None, 1.5, True, [1]])
def test_a_version_that_is_no_number_is_refused(version: object) -> None:
    with pytest.raises(UnreadableRecord, match="no whole number as its version"):
        from_json(json.dumps(json.loads(BEFORE_VERSIONS) | {"version": version}))


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("digest", "items", None),
        ("digest", "items", ["Court annuls a fine"]),
        ("digest", "issue_date", "17 May"),
        ("digest", "issue_date", None),
        ("digest", "subject", None),
        ("digest", "number", "seven"),
        ("item", "published_on", 20240513),
        ("item", "sources", {"url": "https://example.org/1"}),
        ("item", "topics", ["ai"]),
        ("item", "body_html", None),
        ("source", "url", None),
        ("topic", "slug", 7),
    ],
)
def test_what_is_of_another_shape_is_named_with_the_remedy(part: str, key: str, value: object) -> None:
    digest = json.loads(BEFORE_VERSIONS)
    PARTS[part](digest)[key] = value
    with pytest.raises(UnreadableRecord, match=f"understood at “{key}”. Restore the database"):
        from_json(json.dumps(digest))
