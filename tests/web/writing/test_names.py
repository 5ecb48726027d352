"""Publications and topics on the desk: renamed, merged, called otherwise; old addresses go on working."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import Subscriber
from digest.storage.sources.sources import WatchedSource, source_topics
from digest.storage.writing.names import PUBLICATIONS, TOPICS, id_of_name
from digest.storage.writing.publications import Publication, publication_ids, publication_named
from digest.storage.writing.summaries import Summary
from digest.storage.writing.topics import Topic, topics_named
from tests.conftest import TUESDAY
from tests.factories import make_subscriber, make_summary
from tests.web.browser import Browser, make_editor_with_password, words

pytestmark = pytest.mark.on_both


@pytest.fixture
def browser(client: FlaskClient, db: Database) -> Browser:
    """An editor's, signed in."""
    make_editor_with_password(db, "ed@digest.test", "Ed")
    browser = Browser(client)
    assert browser.sign_in("ed@digest.test").status_code == 303
    return browser


def id_of(db: Database, name: str) -> int:
    with db.reading() as session:
        return id_of_name(session, PUBLICATIONS, name) or id_of_name(session, TOPICS, name) or 0


def names_in(session: Session, table: type[Publication] | type[Topic]) -> set[str]:
    return set(session.execute(select(table.name)).scalars())


@pytest.mark.parametrize("typed", ["cnil", "C.N.I.L.", "Cníl", "Commission nationale"])
def test_a_name_spelt_otherwise_or_an_alias_makes_no_second_publication(
    db: Database, settings: Settings, typed: str
) -> None:
    with db.writing() as session:
        publication_named(session, "CNIL")
    naming.also_call(Context(db, settings, TUESDAY), PUBLICATIONS, id_of(db, "CNIL"), "Commission Nationale")
    with db.writing() as session:
        ids = publication_ids(session, [typed, "Ada Lovelace Institute", "ADA LOVELACE INSTITUTE"])
        assert publication_named(session, typed).name == "CNIL"
        assert names_in(session, Publication) == {"CNIL", "Ada Lovelace Institute"}
    assert ids["Ada Lovelace Institute"] == ids["ADA LOVELACE INSTITUTE"]


def test_topics_of_one_name_are_one_topic_once(db: Database, settings: Settings) -> None:
    with db.writing() as session:
        topics_named(session, ["GDPR"])
    naming.also_call(Context(db, settings, TUESDAY), TOPICS, id_of(db, "GDPR"), "Datenschutz")
    with db.writing() as session:
        found = topics_named(session, ["G.D.P.R.", "datenschutz", "Fines", "gdpr"])
        assert [topic.name for topic in found] == ["GDPR", "Fines"]


def test_renamed_it_is_found_by_the_old_name_and_its_old_addresses_redirect(
    db: Database, browser: Browser, client: FlaskClient
) -> None:
    summary_id = make_summary(db, "A fine", publication="Euractive", topics=("Fines",))
    row = id_of(db, "Euractive")
    path = f"/desk/publications/{row}"
    assert browser.send(path, path, name=" Euractiv ", new_address="1").status_code == 303
    for old, new in (
        (f"/news/euractive/a-fine/{summary_id}", f"/news/euractiv/a-fine/{summary_id}"),
        ("/publications/euractive.atom", "/publications/euractiv.atom"),
        ("/news?publication=euractive&q=fine", "/news?publication=euractiv&q=fine"),
    ):
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, new)
        assert client.get(new).status_code == 200
    assert id_of(db, "euractive") == row
    assert browser.send(path, path, name="Euractive", new_address="1").status_code == 303
    assert client.get("/publications/euractiv.atom").headers["Location"] == "/publications/euractive.atom"
    assert client.get("/publications/euractive.atom").status_code == 200


def test_a_name_that_is_anothers_is_refused_with_the_way_out(db: Database, browser: Browser) -> None:
    make_summary(db, publication="Euractiv")
    make_summary(db, publication="MLex")
    path = f"/desk/publications/{id_of(db, 'MLex')}"
    for answer in (
        browser.send(path, path, name="EURACTIV"),
        browser.send(f"{path}/aliases", path, alias="euractiv"),
    ):
        assert answer.status_code == 409
        assert "is Euractiv already. To make one of both, merge them." in words(answer)
    assert browser.send(path, path, name="  ").status_code == 409
    assert "There is no “Nobody”." in words(browser.open(f"{path}/merge?into=Nobody"))
    assert "Choose another publication from the list." in words(browser.open(f"{path}/merge?into=MLex"))


def test_merged_publications_are_one_with_all_that_hung_on_both(
    db: Database, settings: Settings, browser: Browser, client: FlaskClient
) -> None:
    kept, moved = make_summary(db, "One", publication="CNIL"), make_summary(db, "Two", publication="Cnil.fr")
    gone, into = id_of(db, "Cnil.fr"), id_of(db, "CNIL")
    naming.also_call(Context(db, settings, TUESDAY), PUBLICATIONS, gone, "French authority")
    with db.writing() as session:
        session.add(watched(gone, "https://cnil.example/feed"))
    path = f"/desk/publications/{gone}/merge"
    asked = browser.open(f"{path}?into=C.N.I.L.")
    assert "Merge “Cnil.fr” into “CNIL”? What comes along: 1 summary and 1 source." in words(asked)
    assert browser.send(path, f"{path}?into=CNIL", into=into).status_code == 303
    with db.reading() as session:
        assert names_in(session, Publication) == {"CNIL"}
        assert {session.get_one(Summary, each).publication_id for each in (kept, moved)} == {into}
        assert session.execute(select(WatchedSource.publication_id)).scalar_one() == into
        assert {id_of_name(session, PUBLICATIONS, name) for name in ("Cnil.fr", "FRENCH AUTHORITY")} == {into}
    assert client.get(f"/news/cnil-fr/two/{moved}").headers["Location"] == f"/news/cnil/two/{moved}"
    assert client.get("/publications/cnil-fr.atom").headers["Location"] == "/publications/cnil.atom"
    assert browser.open(f"/desk/publications/{gone}").status_code == 404


def test_merged_topics_keep_readers_choices_and_no_summary_has_it_twice(
    db: Database, settings: Settings, browser: Browser, client: FlaskClient
) -> None:
    both = make_summary(db, topics=("AI", "Artificial intelligence"))
    one = make_summary(db, topics=("AI",))
    chose_one, chose_both, other = (
        make_subscriber(db, settings, topics=topics).id for topics in ("ai,fines", "ai,artificial-intelligence", "aid")
    )
    gone, into = id_of(db, "AI"), id_of(db, "Artificial intelligence")
    with db.writing() as session:
        source = watched(publication_named(session, "Euractiv").id, "https://example.org/feed")
        session.add(source)
        session.flush()
        session.execute(source_topics.insert(), [{"source_id": source.id, "topic_id": each} for each in (gone, into)])
    asked = browser.open(f"/desk/topics/{gone}/merge?into=artificial+intelligence")
    assert "2 summaries, 1 source and 2 readers’ choices" in words(asked)
    assert browser.send(f"/desk/topics/{gone}/merge", f"/desk/topics/{gone}", into=into).status_code == 303
    with db.reading() as session:
        assert [[topic.id for topic in session.get_one(Summary, each).topics] for each in (both, one)] == [[into]] * 2
        assert session.execute(select(func.count()).select_from(source_topics)).scalar_one() == 1
        chosen = [session.get_one(Subscriber, each).topics for each in (chose_one, chose_both, other)]
    assert chosen == ["artificial-intelligence,fines", "artificial-intelligence", "aid"]
    assert client.get("/topics/ai.atom").headers["Location"] == "/topics/artificial-intelligence.atom"


def test_lists_say_how_many_and_find_by_another_name(db: Database, settings: Settings, browser: Browser) -> None:
    assert "Each appears here with the first summary that names it." in words(browser.open("/desk/topics"))
    make_summary(db, publication="MLex")
    make_summary(db, publication="MLex")
    make_summary(db, publication="Euractiv")
    naming.also_call(Context(db, settings, TUESDAY), PUBLICATIONS, id_of(db, "MLex"), "Market Insight")
    assert "MLex 2 summaries" in words(browser.open("/desk/publications"))
    found = words(browser.open("/desk/publications?q=market+ins"))
    assert "MLex 2 summaries" in found
    assert "Euractiv" not in found
    assert "Nothing found" in words(browser.open("/desk/publications?q=zzz"))


def test_what_looks_like_a_name_is_named(db: Database) -> None:
    with db.writing() as session:
        publication_ids(session, ["Euractiv", "European Data Protection Board", "MLex", "IAPP News"])
        found = {name: naming.alike(session, name) for name in ("Euractive", "EDPB", "IAPP", "Der Spiegel", "mlex", "")}
    assert found == {
        "Euractive": ["Euractiv"], "EDPB": ["European Data Protection Board"], "IAPP": ["IAPP News"],
        "Der Spiegel": [], "mlex": [], "": [],
    }  # fmt: skip


def watched(publication_id: int, url: str) -> WatchedSource:
    return WatchedSource(
        kind="feed", publication_id=publication_id, url=url, fetch_url=url, added_at=datetime(2024, 5, 1, tzinfo=UTC)
    )
