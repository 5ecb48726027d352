"""The tags inside a stored digest, as one version of the program keeps them and another reads them."""

from __future__ import annotations

import json

import pytest

from digest.domain.shared.stored import UnreadableRecord
from digest.mail.message.rendering import Tags
from digest.operations.issues.composing import tags_from_json, tags_to_json

TAGS = Tags("-0f-unsubscribe-", "-0f-preferences-", "-0f-since-")
BEFORE_VERSIONS = '{"unsubscribe": "-0f-unsubscribe-", "preferences": "-0f-preferences-", "since": "-0f-since-"}'
"""As tags were stored before their form had a version; such rows are in databases."""


def stored(**changed: object) -> str:
    return json.dumps(json.loads(BEFORE_VERSIONS) | changed)


def without(key: str) -> str:
    return json.dumps({name: tag for name, tag in json.loads(BEFORE_VERSIONS).items() if name != key})


def test_tags_stored_before_forms_had_versions_read_as_they_were() -> None:
    assert tags_from_json(BEFORE_VERSIONS) == TAGS
    assert json.loads(tags_to_json(TAGS)) == json.loads(BEFORE_VERSIONS)


def test_a_tag_of_a_later_program_is_passed_over() -> None:
    assert tags_from_json(stored(mood="-0f-mood-")) == TAGS


def test_a_date_without_a_tag_of_its_own_goes_nowhere() -> None:
    found = tags_from_json(without("since"))
    assert (found.unsubscribe, found.preferences) == (TAGS.unsubscribe, TAGS.preferences)
    assert len(found.since) > 32


@pytest.mark.parametrize("key", ["unsubscribe", "preferences"])
def test_a_digest_is_never_sent_without_its_readers_own_links(key: str) -> None:
    with pytest.raises(UnreadableRecord, match=f"tags lacks “{key}”"):
        tags_from_json(without(key))


def test_tags_of_a_later_version_are_refused_with_the_remedy() -> None:
    with pytest.raises(UnreadableRecord, match="Install that program again"):
        tags_from_json(stored(version=2))


def test_a_tag_that_is_no_text_is_refused() -> None:
    with pytest.raises(UnreadableRecord, match="understood at “unsubscribe”"):
        tags_from_json(stored(unsubscribe=None))
