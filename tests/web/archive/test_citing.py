"""A summary as others cite it: what stood on a day, citations that say so, and what tells whether it has changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from PIL import Image

from digest.config import Settings
from digest.domain.issues.edition import Source
from digest.domain.issues.manuscript import Manuscript, Piece, read
from digest.operations.archive.indexing import index_summaries
from digest.operations.issues.issue_files import import_issues
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.operations.writing.editing import Saving, save
from digest.operations.writing.ending import supersede, withdraw
from digest.storage.base.database import Database
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.names import PUBLICATIONS, id_of_name
from digest.storage.writing.summaries import SourceLink, summary_by_id
from tests.factories import make_source, make_summary
from tests.web.archive.past import attribute, page_at, words

MONDAY = datetime(2024, 5, 13, 9, 0, tzinfo=UTC)
LATE = datetime(2024, 5, 15, 23, 30, tzinfo=UTC)  # 00:30 on the 16th in London
NOW = datetime(2024, 5, 20, 9, 0, tzinfo=UTC)
PATH = "/news/euractiv/court-fines-acme/{}"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """It is Monday 20 May 2024."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def story(db: Database) -> int:
    """Published on the 13th, with words that are wrong."""
    return make_summary(db, "Court fines Acme", body="Acme must pay 4,000 euros.", at=MONDAY)


def correct(db: Database, key: int, at: datetime, body: str) -> None:
    """As an editor corrects it."""
    with db.reading() as session:
        found = summary_by_id(session, key)
        assert found
        version, title, day = found.version, found.title, found.published_on.isoformat()
    piece = read(Manuscript(title, day, "Euractiv", body, (Source("https://example.org/story", "", ""),)))
    assert isinstance(piece, Piece)
    save(db, at, piece, key, version, Saving(who="alice@digest.test", correction="The sum was wrong."))


def test_a_dated_address_shows_what_stood_at_the_end_of_that_day(client: FlaskClient, db: Database, story: int) -> None:
    correct(db, story, LATE, "Acme must pay 400 euros.")
    path = PATH.format(story)
    earlier = page_at(client, f"{path}?at=2024-05-15")
    assert words(earlier, ".prose") == "Acme must pay 4,000 euros."
    assert earlier.select(".corrected") == []
    assert "An earlier state." in words(earlier, ".notice") and "It has changed since." in words(earlier, ".notice")
    assert attribute(earlier, ".notice a", "href") == path
    assert attribute(earlier, '[rel="canonical"]', "href") == f"http://digest.test{path}"
    assert attribute(earlier, '[name="robots"]', "content") == "noindex"
    later = page_at(client, f"{path}?at=2024-05-16")
    assert words(later, ".prose") == "Acme must pay 400 euros."
    assert "Nothing of it has changed since." in words(later, ".notice")
    assert "The sum was wrong." in words(later, ".corrected")
    history = page_at(client, path).select(".history a")
    assert [link["href"] for link in history] == [f"{path}?at=2024-05-13", f"{path}?at=2024-05-16"]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2024-05-12", "It was first published on 13 May 2024."),
        ("2024-05-21", "is still to come"),
        ("yesterday", "Write it like 2026-11-29"),
        ("20240515", "This is no date."),
        ("2024-02-31", "This is no date."),
        ("", "This is no date."),
    ],
)
def test_a_day_without_it_says_so(client: FlaskClient, story: int, at: str, told: str) -> None:
    assert told in page_at(client, f"{PATH.format(story)}?at={at}", status=404).get_text()


def test_a_withdrawn_summary_is_gone_on_every_day(
    client: FlaskClient, db: Database, settings: Settings, story: int
) -> None:
    correct(db, story, LATE, "Acme must pay 400 euros.")
    withdraw(Context(db, settings, NOW), story, "Acme was never fined.", "alice@digest.test")
    for query in ("", "?at=2024-05-14", "?cite=bibtex", "?at=2024-05-14&cite=csl"):
        gone = client.get(PATH.format(story) + query)
        assert gone.status_code == 410
        assert "euros" not in gone.text and "Court fines" not in gone.text
    assert client.get(f"{PATH.format(story)}.png").status_code == 410


def test_a_wrong_slug_keeps_what_was_asked(client: FlaskClient, story: int) -> None:
    moved = client.get(f"/news/other/title/{story}?at=2024-05-14&cite=text&utm_source=x")
    assert moved.headers["Location"] == f"{PATH.format(story)}?at=2024-05-14&cite=text"


@pytest.mark.parametrize(
    ("form", "kind", "ending"),
    [
        ("text", "text/plain", "txt"),
        ("bibtex", "application/x-bibtex", "bib"),
        ("csl", "application/vnd.citationstyles.csl+json", "json"),
    ],
)
def test_citations_are_files_and_say_as_at_which_day(
    client: FlaskClient, story: int, form: str, kind: str, ending: str
) -> None:
    for query, day in ((f"?cite={form}", "2024-05-20"), (f"?at=2024-05-14&cite={form}", "2024-05-14")):
        given = client.get(PATH.format(story) + query)
        assert given.mimetype == kind
        assert given.headers["Content-Disposition"] == (f'attachment; filename="privacy-digest-{story}-{day}.{ending}"')
        assert f"http://digest.test{PATH.format(story)}?at={day}" in given.text
    assert client.get(f"{PATH.format(story)}?cite=ris").status_code == 404


def test_bibtex_and_csl_hold_whatever_a_headline_has(client: FlaskClient, db: Database) -> None:
    title = "50% of {R&D}: $1_000 #1 ~x^2 \\end} “Größe”"
    key = make_summary(db, title, at=MONDAY)
    with db.reading() as session:
        found = summary_by_id(session, key)
        assert found
        path = f"/news/euractiv/{found.slug}/{key}"
    bibtex = client.get(f"{path}?cite=bibtex").text
    assert (
        r"title = {{50\% of \textbraceleft{}R\&D\textbraceright{}: \$1\_000 \#1 \textasciitilde{}x\textasciicircum{}2 "
        r"\textbackslash{}end\textbraceright{} “Größe”}}" in bibtex
    )
    depth = 0
    for mark in re.findall(r"[{}]", bibtex):
        depth += 1 if mark == "{" else -1
        assert depth >= 0
    assert depth == 0, "BibTeX counts braces, behind a backslash too"
    [item] = json.loads(client.get(f"{path}?cite=csl").text)
    assert (item["title"], item["type"], item["issued"]) == (title, "webpage", {"date-parts": [[2024, 5, 13]]})
    assert item["accessed"] == {"date-parts": [[2024, 5, 20]]}


def changes(db: Database, settings: Settings, key: int) -> Iterator[str]:
    """Each thing that changes its page, done one by one."""
    at = Context(db, settings, NOW + timedelta(hours=1))
    correct(db, key, at.now, "Acme must pay 400 euros.")
    yield "corrected"
    with db.reading() as session:
        publication = id_of_name(session, PUBLICATIONS, "Euractiv") or 0
    naming.rename(Context(db, settings, NOW + timedelta(hours=2)), PUBLICATIONS, publication, "EurActiv News", False)
    yield "its publication renamed"
    newer = make_summary(db, "Court acquits Acme", at=NOW + timedelta(hours=3))
    yield "one published beside it"
    supersede(Context(db, settings, NOW + timedelta(hours=4)), key, newer, "alice@digest.test")
    yield "superseded"
    carried = json.dumps({"date": "2024-05-17", "summaries": [key]})
    import_issues(Context(db, settings, NOW + timedelta(hours=5)), [carried])
    yield "its issue brought in"
    withdraw(Context(db, settings, NOW + timedelta(hours=6)), newer, "Wrong.", "alice@digest.test")
    yield "the one beside it withdrawn"


def test_whoever_has_the_page_gets_it_again_only_when_it_has_changed(
    client: FlaskClient, db: Database, settings: Settings, story: int
) -> None:
    path = PATH.format(story)

    def asked(header: str, value: str) -> int:
        return client.get(path, headers={header: value}).status_code

    have = client.get(path).headers
    assert (asked("If-None-Match", have["ETag"]), asked("If-Modified-Since", have["Last-Modified"])) == (304, 304)
    for what in changes(db, settings, story):
        assert asked("If-None-Match", have["ETag"]) == 200, what
        assert asked("If-Modified-Since", have["Last-Modified"]) == 200, what
        have = client.get(path).headers
        assert (asked("If-None-Match", have["ETag"]), asked("If-Modified-Since", have["Last-Modified"])) == (304, 304)


def test_whoever_asks_by_date_alone_misses_no_new_day_nor_what_is_found_of_originals(
    client: FlaskClient, db: Database, story: int
) -> None:
    def since(value: str) -> int:
        return client.get(PATH.format(story), headers={"If-Modified-Since": value}).status_code

    have = client.get(PATH.format(story)).headers["Last-Modified"]
    assert since(have) == 304
    with db.writing() as session:
        [link] = session.query(SourceLink).filter(SourceLink.summary_id == story)
        link.health, link.checked_at = "dead", NOW
    assert since(have) == 200
    have = client.get(PATH.format(story)).headers["Last-Modified"]
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert since(have) == 200, "it is cited as at another day"
        have = client.get(PATH.format(story)).headers["Last-Modified"]
        assert since(have) == 304
        source_id = make_source(db, publication="Euractiv")
        with db.writing() as session:
            session.get_one(WatchedSource, source_id).language = "de"
        assert since(have) == 200
        assert "Last-Modified" not in client.get(PATH.format(story)).headers, (
            "nobody knows since when its source says so"
        )


def test_it_leads_to_the_ones_beside_it_and_to_related_ones(client: FlaskClient, db: Database) -> None:
    titles = ("Ransomware at Dovetail Genetics", "A fine for cookies", "Dovetail Genetics sued over ransomware")
    keys = [make_summary(db, title, body=f"{title}.", sources=()) for title in titles]
    draft = make_summary(db, "Dovetail Genetics ransomware draft", published=False)
    index_summaries(db)
    page = page_at(client, f"/news/euractiv/a-fine-for-cookies/{keys[1]}")
    assert attribute(page, '.beside [rel="prev"]', "href").endswith(f"/{keys[0]}")
    assert attribute(page, '.beside [rel="next"]', "href").endswith(f"/{keys[2]}")
    page = page_at(client, f"/news/euractiv/ransomware-at-dovetail-genetics/{keys[0]}")
    assert [str(link["href"]).rpartition("/")[2] for link in page.select(".related a")] == [str(keys[2])]
    assert str(draft) not in {str(link["href"]).rpartition("/")[2] for link in page.select("a")}


def test_other_sites_get_a_picture_and_an_article(client: FlaskClient, db: Database, story: int) -> None:
    page = page_at(client, PATH.format(story))
    picture = client.get(f"{PATH.format(story)}.png")
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/png", "public, max-age=60")
    assert Image.open(BytesIO(picture.data)).size == (1200, 630)
    assert len(picture.data) < 100_000
    article = json.loads(page.select("script")[0].text)
    assert article["@type"] == "NewsArticle"
    assert article["datePublished"] == "2024-05-13", "an import keeps its date"
    assert article["isBasedOn"] == ["https://example.org/story"]
    assert article["image"] == [f"http://digest.test{PATH.format(story)}.png"]
    assert client.get(f"/news/x/y/{story}.png").headers["Location"] == f"{PATH.format(story)}.png"
    chinese = make_summary(db, "法院罚款")
    with db.reading() as session:
        found = summary_by_id(session, chinese)
        assert found
        path = f"/news/euractiv/{found.slug}/{chinese}.png"
    assert client.get(path).status_code == 200, "what can’t be drawn is left out"


def test_a_sign_that_cannot_be_drawn_does_not_cost_the_headline(client: FlaskClient, db: Database) -> None:
    def picture(title: str) -> bytes:
        key = make_summary(db, title, at=MONDAY)
        return bytes(client.get(f"/news/x/y/{key}.png", follow_redirects=True).data)

    drawn, none = picture("Cross-border fine of €4 m"), picture("法院罚款")
    assert drawn != none
    assert picture("Cross\u2011border\u200b fine 😀\ufe0f of €4\u202fm") == drawn
    assert picture("Fine: 罚") == none, "no word is shown in part"


def test_json_ld_ends_no_element(client: FlaskClient, db: Database) -> None:
    key = make_summary(db, "</script><script>alert(1)</script> & <!--", topics=["</script>"])
    with db.reading() as session:
        found = summary_by_id(session, key)
        assert found
        shown = client.get(f"/news/euractiv/{found.slug}/{key}").text
    scripts = BeautifulSoup(shown, "html.parser").select("script")
    assert [script.get("type") for script in scripts] == ["application/ld+json"]
    assert json.loads(scripts[0].text)["headline"] == "</script><script>alert(1)</script> & <!--"
