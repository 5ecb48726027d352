"""Originals: what their pages need, what was found at their addresses, and the copies kept of them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.storage.base.database import Database
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.summaries import SourceLink
from tests.factories import make_source, make_summary
from tests.web.archive.past import page_at
from tests.web.archive.past import words as words_of
from tests.web.browser import Browser, page, words
from tests.web.writing.test_nothing_is_lost import form_at

URL = "https://example.org/story"
COPY = "https://archive.example/2024/story"


@pytest.fixture
def story(db: Database) -> int:
    """A summary whose one original is gone."""
    key = make_summary(db, "Fines", publication="Le Monde", sources=[(URL, "L’amende", "")])
    with db.writing() as session:
        session.execute(update(SourceLink).values(health="dead", health_words="There is nothing (404)."))
    return key


def test_the_page_says_what_an_original_needs(client: FlaskClient, db: Database, story: int) -> None:
    source = make_source(db, "Le Monde")
    with db.writing() as session:
        session.execute(
            update(WatchedSource).where(WatchedSource.id == source).values(language="fr-FR", subscription_needed=True)
        )
    shown = page_at(client, f"/news/le-monde/fines/{story}")
    assert words_of(shown, ".sources") == "Read full story in Le Monde · subscription needed · in French"
    assert shown.select(".sources a")[0]["hreflang"] == "fr-FR"


def test_a_dead_original_gets_the_copy_an_editor_gave_and_is_never_rewritten(
    alice: Browser, client: FlaskClient, story: int
) -> None:
    listed = page(alice.open("/desk/originals"))
    assert "There is nothing (404)." in listed.get_text()
    action = str(listed.select("form[action*=originals]")[0]["action"])
    for wrong, told in (
        ({"language": "?!"}, "no language"),
        ({"archived": "javascript:alert(1)"}, "not a web address"),
    ):
        alice.send(action, form=wrong)
        assert told in words(alice.open("/desk/originals"))
    assert alice.send(action, archived=COPY, language="de", subscription="no").status_code == 303
    before = client.get(f"/news/le-monde/fines/{story}")
    shown = page_at(client, f"/news/le-monde/fines/{story}")
    assert [link["href"] for link in shown.select(".sources a")] == [URL, COPY]
    assert words_of(shown, ".sources") == (
        "Read full story in Le Monde · in German · archived copy (the original is no longer there)"
    )
    form = form_at(alice, story) | {"title": "Fines", "publication": "Le Monde", "source_url": URL, "silent": "1"}
    assert alice.send(f"/desk/summaries/{story}", form=form, act="save").status_code == 303
    shown = page_at(client, f"/news/le-monde/fines/{story}")
    assert [link["href"] for link in shown.select(".sources a")] == [URL, COPY], "kept whatever else is changed"
    assert before.headers["ETag"] != client.get(f"/news/le-monde/fines/{story}").headers["ETag"]
    assert "Its originals" in words(alice.open(f"/desk/summaries/{story}/originals"))
