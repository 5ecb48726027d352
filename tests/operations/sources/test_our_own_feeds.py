"""Our own poller at our own feeds: what it asks of publishers, this site gives."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from digest.operations.writing.naming import rename
from digest.storage.writing.names import PUBLICATIONS, id_of_name
from tests.factories import make_summary
from tests.feeds.server import Reply, Request, Stranger
from tests.operations.sources.stage import HOUR, Rounds

OURS = ("/feed.atom", "/feed.json", "/publications/euractiv.atom", "/topics/ai.atom")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("path", OURS)
def test_our_poller_is_well_served(client: FlaskClient, rounds: Rounds, stranger: Stranger, path: str) -> None:
    given: list[tuple[int, str, str]] = []

    def ours(request: Request) -> Reply:
        names = ("If-None-Match", "If-Modified-Since", "User-Agent", "Accept")
        answer = client.get(path, headers={name: request.header(name) for name in names if request.header(name)})
        etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
        given.append((answer.status_code, etag, modified))
        kept = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
        return Reply(answer.status_code, answer.data, kept)

    make_summary(rounds.db, "Court annuls fine", date(2024, 5, 13), topics=["AI"], at=rounds.now)
    stranger.answers[path] = ours
    source = rounds.watch(stranger.url(path), publication="Ourselves")
    assert rounds.poll().new_leads == 1
    assert rounds.poll(24 * HOUR).unchanged == 1
    (first, etag, modified), (second, *_) = given
    assert (first, second) == (200, 304)
    asked = stranger.requests[1]
    assert (asked.header("If-None-Match"), asked.header("If-Modified-Since")) == (etag, modified)
    assert etag and modified, "both came, so both went back"
    make_summary(rounds.db, "Second fine", date(2024, 5, 14), topics=["AI"], at=rounds.now)
    with rounds.db.reading() as session:
        key = id_of_name(session, PUBLICATIONS, "Euractiv") or 0
    rename(rounds.context, PUBLICATIONS, key, "Euractiv News", new_address=False)
    assert rounds.poll(24 * HOUR).new_leads == 1, "what was there is known by its id, under another name too"
    found = rounds.source(source)
    assert (found.state, found.words, found.entries) == ("ok", "All is well.", 2)
