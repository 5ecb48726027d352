"""From a lead, or an address that an editor brings, to a draft: nothing is typed twice, nothing is made twice."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations.archive.covering import Archive
from digest.operations.archive.indexing import index_summaries
from digest.operations.shared.context import Context
from digest.operations.sources import writing_up
from digest.storage.base.database import Database
from digest.storage.people.editors import Editor
from digest.storage.sources import inbox
from digest.storage.sources.leads import Lead
from digest.storage.sources.stories import words_of_editors
from digest.storage.writing.summaries import Summary, summary_by_id
from tests.conftest import TUESDAY
from tests.factories import make_editor, make_lead, make_summary
from tests.feeds.server import Reply, Stranger, redirect
from tests.web.browser import Browser, one, page, words
from tests.web.writing.test_nothing_is_lost import autosave, form_at

_ARTICLE = (
    "<html lang='en'><head><title>Court rules on letters</title><meta property='og:site_name' content='Harbour News'>"
    "<meta property='article:published_time' content='2024-05-10T08:00:00Z'></head><body><article><h1>Court rules on "
    "letters</h1>"
    + "<p>The court found that the letters had named patients on the envelope, and why that matters.</p>" * 30
    + "<script>alert(1)</script></article></body></html>"
)


def _summary(db: Database, summary_id: int) -> Summary:
    with db.reading() as session:
        found = summary_by_id(session, summary_id)
        assert found is not None
        return found


def _write(browser: Browser, lead_id: int) -> int:
    return int(str(browser.send(f"/desk/leads/{lead_id}/write").headers["Location"]).rsplit("/", 1)[1])


def _undo(browser: Browser) -> str:
    return words(browser.open(str(browser.send("/desk/leads/undo").headers["Location"])))


def _stories(db: Database) -> list[list[int]]:
    """The leads of each story, by their ids."""
    with db.reading() as session:
        by_story: dict[int | None, list[int]] = {}
        for lead in session.query(Lead).order_by(Lead.id):
            by_story.setdefault(lead.story_id, []).append(lead.id)
    return sorted(by_story.values())


def test_a_draft_begins_with_all_that_is_known_of_the_story(alice: Browser, db: Database) -> None:
    lead = make_lead(db, "Hospital fined for letters", "CNIL", TUESDAY, story=3)
    make_lead(db, "Letters: a fine", "Le Monde", TUESDAY, story=3)
    summary = _summary(db, _write(alice, lead))
    assert (summary.title, summary.publication.name, summary.published_on) == (
        "Hospital fined for letters", "CNIL", TUESDAY.date(),
    )  # fmt: skip
    assert [(link.title, link.publication) for link in summary.sources] == [
        ("Hospital fined for letters", "CNIL"), ("Letters: a fine", "Le Monde"),
    ]  # fmt: skip
    assert summary.published_at is None
    assert "Became Hospital fined for letters" in words(alice.open("/desk/leads?show=used"))


def test_two_presses_and_two_editors_make_one_draft(alice: Browser, ada: Browser, db: Database) -> None:
    lead = make_lead(db)
    assert _write(alice, lead) == _write(alice, lead) == _write(ada, lead)


def test_a_used_lead_is_neither_dismissed_nor_brought_back_by_undo(alice: Browser, ada: Browser, db: Database) -> None:
    lead = make_lead(db)
    alice.send("/desk/leads/act", form={"lead": lead, "verb": "keep"})
    _write(ada, lead)
    alice.send("/desk/leads/act", form={"lead": lead, "verb": "dismiss"})
    alice.send("/desk/leads/undo")
    with db.reading() as session:
        assert session.get_one(Lead, lead).state == "used"


def test_an_address_becomes_a_lead_with_what_its_page_tells(alice: Browser, stranger: Stranger, db: Database) -> None:
    stranger.answers["/story"] = Reply(body=_ARTICLE.encode(), headers={"Content-Type": "text/html"})
    for address in (stranger.url("/story"), stranger.url("/story?utm_source=mail")):
        shown = alice.open(str(alice.send("/desk/leads/new", form={"url": address}).headers["Location"]))
        assert "Court rules on letters" in words(shown)
    with db.reading() as session:
        [lead] = session.query(Lead).all()
        assert (lead.publication, lead.by) == ("Harbour News", "alice@digest.test")


def test_a_brought_address_is_compared_at_once_by_all_that_leads_to_its_page(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    html = {"Content-Type": "text/html"}
    own = f"<link rel='canonical' href='{stranger.url('/2024/letters')}'>"
    stranger.answers |= {
        "/s/1": redirect("/2024/05/letters-to-patients?utm_source=x"),
        "/s/2": redirect("/2024/letters/amp"),
        "/2024/05/letters-to-patients": Reply(body=_ARTICLE.replace("<head>", f"<head>{own}").encode(), headers=html),
        "/2024/letters/amp": Reply(body=_ARTICLE.encode(), headers=html),
    }
    make_summary(db, "Fine for letters", sources=((f"{stranger.url('/2024/letters/')}?utm_source=y", "A", "One"),))
    make_summary(db, "A hospital: the court rules on letters that named patients")
    where = str(alice.send("/desk/leads/new", form={"url": stranger.url("/s/1")}).headers["Location"])
    shown = words(alice.open(where))
    assert "Linked in Fine for letters" in shown
    assert "Not compared yet" not in shown and "A hospital: the court rules on letters" in shown
    assert alice.send("/desk/leads/new", form={"url": stranger.url("/s/2")}).headers["Location"] == where
    with db.reading() as session:
        [lead] = session.query(Lead).all()
        assert (lead.url, bool(lead.story_id)) == (stranger.url("/2024/letters"), True)


def test_a_summary_saved_later_links_the_lead_by_any_of_its_addresses(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    stranger.answers |= {
        "/s/1": redirect("/letters"),
        "/letters": Reply(body=_ARTICLE.encode(), headers={"Content-Type": "text/html"}),
    }
    where = str(alice.send("/desk/leads/new", form={"url": stranger.url("/s/1")}).headers["Location"])
    assert "Linked in" not in words(alice.open(where))
    make_summary(db, "Fine for letters", sources=((stranger.url("/s/1"), "A", "One"),))
    index_summaries(db)
    assert "Linked in Fine for letters" in words(alice.open(where))


def test_a_page_that_calls_itself_its_section_or_its_site_is_still_its_own(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    for own in ("/news", "/", "https://other.example/news/1"):
        page_ = _ARTICLE.replace("<head>", f"<head><link rel='canonical' href='{own}'>").encode()
        for path in (f"/news/1{len(own)}", f"/news/2{len(own)}"):
            stranger.answers[path] = Reply(body=page_, headers={"Content-Type": "text/html"})
            alice.send("/desk/leads/new", form={"url": stranger.url(path)})
    with db.reading() as session:
        assert session.query(Lead).count() == 6


def test_an_address_that_can_not_be_read_is_a_lead_by_its_given_headline(alice: Browser, db: Database) -> None:
    alice.send("/desk/leads/new", form={"url": "http://10.0.0.1/a", "title": "An inner page"})
    with db.reading() as session:
        assert [lead.title for lead in session.query(Lead)] == ["An inner page"]
    refused = alice.send("/desk/leads/new", form={"url": "javascript:alert(1)"})
    assert refused.status_code == 422


def test_the_article_is_shown_with_its_length_and_runs_nothing(alice: Browser, stranger: Stranger) -> None:
    stranger.answers["/story"] = Reply(body=_ARTICLE.encode(), headers={"Content-Type": "text/html"})
    shown = alice.send("/desk/article", form={"url": stranger.url("/story")})
    assert "words" in words(shown)
    assert "named patients on the envelope" in words(shown)
    assert "alert(1)" not in shown.text
    inside = alice.send("/desk/article", form={"url": "http://10.0.0.1/"})
    assert "Open the original" in words(inside)
    assert "10.0.0.1" in words(inside)


def test_what_links_the_same_article_is_said_beside_the_form(alice: Browser, db: Database) -> None:
    make_summary(db, "Fine for letters that named patients")
    index_summaries(db)
    with db.reading() as session:
        url = session.query(Summary).one().sources[0].url
    beside = alice.send("/desk/summaries/covered", form={"source_url": f"{url}?utm_source=x", "title": "Other"})
    assert "Linked already, in: Fine for letters that named patients" in words(beside)
    alike = alice.send("/desk/summaries/covered", form={"title": "A fine because letters named patients"})
    assert "Most like it: Fine for letters that named patients" in words(alike)
    assert "Nothing that we had" in words(alice.send("/desk/summaries/covered", form={"title": "Elections"}))


def test_an_editor_takes_a_lead_out_of_a_story_and_puts_it_back(alice: Browser, db: Database) -> None:
    first, second = make_lead(db, "One", story=3), make_lead(db, "Two", story=3)
    alice.send(f"/desk/leads/{first}/split", form={"lead": second})
    assert len(page(alice.open("/desk/leads")).select(".lead-row")) == 2
    alice.send(f"/desk/leads/{first}/join", form={"lead": second})
    assert len(page(alice.open("/desk/leads")).select(".lead-row")) == 1


@pytest.mark.on_both
def test_two_editors_who_write_about_one_story_at_once_make_one_draft(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_editor(db)
    leads = [make_lead(db, "One", "CNIL", story=3), make_lead(db, "Two", "CNIL", story=3)]
    both, made = Barrier(2), []
    real = inbox.leads_of_story

    def look_together(session: Session, lead: Lead) -> list[Lead]:
        with suppress(BrokenBarrierError):
            both.wait(0.3)  # until the other has looked, too; the lock keeps it from that
        return real(session, lead)

    monkeypatch.setattr(writing_up, "leads_of_story", look_together)

    def press(lead: int, editor: Editor) -> None:
        made.append(writing_up.write_about(Context(db, settings, TUESDAY), lead, editor))

    with db.reading() as session:
        editor = session.query(Editor).one()
    threads = [Thread(target=press, args=(lead, editor)) for lead in leads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert made == [session.query(Summary).one().id] * 2
        assert {lead.state for lead in session.query(Lead)} == {"used"}


def test_undo_takes_a_draft_back_that_nobody_typed_in(alice: Browser, db: Database) -> None:
    lead, other = make_lead(db, "Okapi court fines zebra herd", "CNIL", story=3), make_lead(db, "Two", story=3)
    kept = make_summary(db, "Another matter entirely")
    alice.send("/desk/leads/act", form={"lead": lead, "verb": "keep"})
    _write(alice, lead)
    index_summaries(db)
    assert "Undone: 2 leads are as before. The draft is gone" in _undo(alice)
    with db.reading() as session:
        assert Archive(session).resembling("Okapi court fines zebra herd", "") == [], "nor does the index have it"
        assert [summary.id for summary in session.query(Summary)] == [kept]
        assert [session.get_one(Lead, each).state for each in (lead, other)] == ["kept", "new"]


@pytest.mark.parametrize("publication", ["CNIL", "A new one"])
def test_undo_keeps_a_draft_that_somebody_typed_in(
    alice: Browser, ada: Browser, db: Database, publication: str
) -> None:
    """Whether the words are in the draft itself, or beside it."""
    lead = make_lead(db, "Fine", "CNIL")
    alice.send("/desk/leads/act", form={"lead": make_lead(db), "verb": "keep"})
    draft = _write(alice, lead)
    typed = {**form_at(ada, draft), "publication": publication, "body": "Ada’s words."}
    autosave(ada, typed, draft)
    assert "“Fine” stays: it was written on since." in _undo(alice)
    assert _summary(db, draft).title == "Fine"
    assert "Undone: 1 lead is as before." in _undo(alice), "the act before it is undone next"


def test_undo_puts_stories_back(alice: Browser, db: Database) -> None:
    first, second = make_lead(db, "One", story=3), make_lead(db, "Two", story=3)
    far = make_lead(db, "Three", story=4)
    alice.send(f"/desk/leads/{first}/split", form={"lead": second})
    alice.send(f"/desk/leads/{first}/join", form={"lead": far})
    assert _stories(db) == [[first, far], [second]]
    assert "the stories are as before" in _undo(alice)
    assert _stories(db) == [[first], [second], [far]]
    assert "the stories are as before" in _undo(alice)
    assert _stories(db) == [[first, second], [far]]
    with db.reading() as session:
        assert words_of_editors(session) == []


def test_undo_of_a_split_leaves_what_somebody_joined_since(alice: Browser, ada: Browser, db: Database) -> None:
    first, second = make_lead(db, "One", story=3), make_lead(db, "Two", story=3)
    alice.send(f"/desk/leads/{first}/join", form={"lead": second})
    alice.send(f"/desk/leads/{first}/split", form={"lead": second})
    ada.send(f"/desk/leads/{first}/join", form={"lead": second})
    assert "Undone as far as it goes" in _undo(alice)
    assert _stories(db) == [[first, second]]
    with db.reading() as session:
        assert [said for *_, said in words_of_editors(session)] == ["together"]


def test_a_publication_that_is_not_there_yet_is_asked_for_before_a_draft(alice: Browser, db: Database) -> None:
    make_summary(db, publication="CNIL")
    lead = make_lead(db, "Fine")
    with db.writing() as session:
        brought = session.get_one(Lead, lead)
        brought.publication_id, brought.publication = None, "Cnill"
    asked = alice.send(f"/desk/leads/{lead}/write")
    assert asked.status_code == 422
    offered = [str(each["value"]) for each in page(asked).select("button[name=publication_choice]")]
    assert offered == ["use:CNIL", "make:Cnill"]
    with db.reading() as session:
        assert session.query(Summary).count() == 1
    done = alice.send(f"/desk/leads/{lead}/write", form={"publication_choice": "use:CNIL"})
    assert _summary(db, int(str(done.headers["Location"]).rsplit("/", 1)[1])).publication.name == "CNIL"


def test_what_was_published_is_linked_beside_the_leads_that_one_comes_back_to(alice: Browser, db: Database) -> None:
    draft = _write(alice, make_lead(db, "<b>Fine</b>", "CNIL"))
    form = {**form_at(alice, draft), "title": "<b>Fine</b>", "publication": "CNIL"}
    done = alice.send(f"/desk/summaries/{draft}", form=form, act="publish")
    assert str(done.headers["Location"]).endswith("/desk/leads")
    notice = one(page(alice.open("/desk/leads")), ".desk-notices")
    public, edited = (str(link["href"]) for link in notice.select("a"))
    assert "Published" in notice.text
    assert (public, edited) == (f"/news/cnil/b-fine-b/{draft}", f"/desk/summaries/{draft}")
    assert alice.open(public).status_code == 200


def test_a_deleted_draft_gives_its_lead_back(alice: Browser, db: Database) -> None:
    lead = make_lead(db)
    alice.send(f"/desk/summaries/{_write(alice, lead)}/delete")
    with db.reading() as session:
        assert session.get_one(Lead, lead).state == "kept"
    assert _write(alice, lead)


def test_what_was_withdrawn_is_not_said_to_be_had(alice: Browser, db: Database) -> None:
    gone = make_summary(db, "Fine for letters that named patients")
    index_summaries(db)
    alice.send(f"/desk/summaries/{gone}/withdraw", form={"reason": "It was of another hospital."})
    with db.reading() as session:
        url = session.get_one(Summary, gone).sources[0].url
    beside = alice.send("/desk/summaries/covered", form={"title": "Fine for letters", "source_url": url})
    assert "Nothing that we had" in words(beside)
