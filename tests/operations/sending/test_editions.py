"""Editions: each choice of topics that enough readers share has one, and nobody's topic is hidden by a rare choice."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.domain.writing import markup
from digest.mail.message.foreign import hash_of
from digest.mail.message.rendering import Rendered
from digest.operations.issues import composing
from digest.operations.issues.closing import close_issue
from digest.operations.issues.editions import compose_for_topics
from digest.operations.sending.freezing import freeze
from digest.operations.sending.sender import Ending
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.writing.naming import merge, rename
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message
from digest.storage.sending.batches import Batch
from digest.storage.sending.deliveries import Delivery
from digest.storage.sending.editions import Edition
from digest.storage.writing.names import TOPICS
from digest.storage.writing.topics import all_topics
from tests.conftest import TUESDAY
from tests.factories import make_editor, make_issue, make_readers, make_subscriber, make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import ALICE, account, freeze_issue, send


def readers_with(db: Database, settings: Settings, topics: str, how_many: int) -> None:
    for number in range(how_many):
        make_subscriber(db, settings, f"{topics.replace(',', '-') or 'all'}{number}@example.org", topics=topics)


def test_a_rare_choice_gets_the_nearest_edition_and_is_told(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    for topics, how_many in (("", 24), ("ai", 8), ("ai,fines", 7), ("fines", 1), ("children,fines", 1)):
        readers_with(db, settings, topics, how_many)
    stories = [make_summary(db, f"On {topic}", topics=[topic]) for topic in ("AI", "Fines", "Children", "Courts")]
    issue_id = make_issue(db, summary_ids=stories)
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size=10)
    with db.reading() as session:
        sizes = [(batch.edition_id, batch.size) for batch in session.query(Batch).order_by(Batch.id)]
    assert sorted(size for _, size in sizes) == [8, 8, 8, 8, 9]
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"accepted": 41}
    copies = {name: sendgrid.inbox(f"{name}@example.org")[0] for name in ("ai0", "fines0", "ai-fines0", "all0")}
    assert (copies["fines0"].subject, copies["ai-fines0"].subject) == ("On AI, and 1 more",) * 2
    assert "too few readers made your choice for an edition of its own" in copies["fines0"].text.replace("\n", " ")
    assert "too few readers made your choice" not in copies["ai0"].text.replace("\n", " ")
    [whole] = sendgrid.inbox("children-fines0@example.org")
    assert whole.subject == copies["all0"].subject == "On AI, and 3 more"
    assert "to those whose choice of topics too few share" in whole.text.replace("\n", " ")


def test_a_choice_longer_than_an_index_takes_stops_nobody(db: Database, settings: Settings) -> None:
    long = ",".join(["ai", *(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))])
    for topics, how_many in (("", 3), ("ai", 2), (long, 1), ("fines,“ä”", 1)):
        for number in range(how_many):
            make_subscriber(db, settings, f"r{len(topics)}-{number}@example.org", topics=topics)
    stories = [make_summary(db, f"On {topic}", topics=[topic]) for topic in ("AI", "Fines")]
    issue_id = make_issue(db, summary_ids=stories)
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size=2)
    with db.reading() as session:
        asked = select(Edition.subject, Delivery.address).join(Batch, Batch.edition_id == Edition.id)
        asked = asked.join(Delivery, Delivery.batch_id == Batch.id).order_by(Edition.id, Delivery.address)
        found = [tuple(row) for row in session.execute(asked)]
    assert found == [
        *(("On AI, and 1 more", f"r0-{number}@example.org") for number in range(3)),
        *(("On AI", f"r{len(topics)}-{number}@example.org") for topics, number in ((long, 0), ("ai", 0), ("ai", 1))),
        ("On Fines", "r9-0@example.org"),
    ]
    assert account(db, issue_id) == {"waiting": 7}


@pytest.mark.parametrize("became", ["merged", "renamed"])
def test_a_topic_that_is_another_since_the_closing_hides_no_story(
    db: Database, settings: Settings, became: str
) -> None:
    here = Context(db, settings, TUESDAY)
    make_subscriber(db, settings, topics="")
    make_subscriber(db, settings, topics="ai")
    on_both = make_summary(db, "On both", topics=["AI", "Robots"])
    on_ai, on_fines = (make_summary(db, f"On {topic}", topics=[topic]) for topic in ("AI", "Fines"))
    issue_id = make_issue(db, summary_ids=[on_ai, make_summary(db, "On nothing"), on_both, on_fines])
    close_issue(here, issue_id, ALICE)
    with db.reading() as session:
        ids = {topic.slug: topic.id for topic in all_topics(session)}
    slug, name = ("robots", "Robots") if became == "merged" else ("thinking-machines", "Thinking machines")
    if became == "merged":
        merge(here, TOPICS, ids["ai"], ids["robots"])
    else:
        rename(here, TOPICS, ids["ai"], name, new_address=True)
    freeze(here, issue_id, ALICE)
    with db.reading() as session:
        _, hers = session.query(Edition).order_by(Edition.id)
        whole = composing.compose(session, settings, session.get_one(Issue, issue_id))
        shown = compose_for_topics(session, settings, whole, slug)
    assert hers.subject == shown.rendered.subject == "On AI, and 2 more"
    assert f"on topics that you chose, {name}, and those on none" in " ".join(hers.text.split())


def test_each_edition_has_tags_of_its_own(db: Database, settings: Settings) -> None:
    readers_with(db, settings, "", 1)
    readers_with(db, settings, "ai", 1)
    issue_id = make_issue(db, summary_ids=[make_summary(db, topics=["AI"]), make_summary(db, topics=["Fines"])])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    freeze(Context(db, settings, TUESDAY), issue_id, ALICE)
    with db.reading() as session:
        one, other = session.query(Edition)
    for edition, foreign in ((one, other), (other, one)):
        tags, theirs = (composing.tags_from_json(found.tags) for found in (edition, foreign))
        assert edition.html.count(tags.unsubscribe) == edition.text.count(tags.unsubscribe) == 1
        assert theirs.unsubscribe.split("-")[1] not in edition.html + edition.text


@pytest.mark.parametrize("hands", [1, 3])
def test_one_edition_that_must_not_go_keeps_no_other_from_going(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, hands: int
) -> None:
    settings = replace(settings, send_concurrency=hands)
    make_editor(db, ALICE)
    readers_with(db, settings, "", 5)
    readers_with(db, settings, "ai", 4)
    issue_id = make_issue(db, summary_ids=[make_summary(db, topics=["AI"]), make_summary(db, topics=["Fines"])])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size=1)
    with db.writing() as session:
        whole = session.query(Edition).order_by(Edition.id).first()
        assert whole
        as_frozen, whole.html = whole.html, whole.html.replace("</body>", "<p>Buy</p></body>")
    for _ in range(2):
        assert send(db, settings, issue_id, wait=False) in (Ending.LATER, Ending.PAUSED)
        assert sorted(sendgrid.addresses()) == [f"ai{number}@example.org" for number in range(4)]
        assert account(db, issue_id) == {"accepted": 4, "waiting": 5}
        its_time_has_come(db)
    with db.reading() as session:
        notices = [message.subject.partition(": ")[2] for message in session.query(Message).filter_by(kind="notice")]
    assert sorted(notices) == ["One edition does not go", "The send has stopped"]
    with db.writing() as session:
        session.query(Edition).filter_by(id=1).update({"html": as_frozen})
    assert send(db, settings, issue_id) is Ending.DONE
    assert (len(sendgrid.addresses()), len(set(sendgrid.addresses()))) == (9, 9)
    assert account(db, issue_id) == {"accepted": 9}


def its_time_has_come(db: Database) -> None:
    """Let whatever waits until some moment be tried now."""
    with db.writing() as session:
        session.query(Batch).update({"retry_at": 0.0})
        session.query(Issue).update({"paused_until": 0.0})


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("change", ["an image", "another link"])
def test_a_digest_with_something_of_a_strangers_is_not_posted(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, change: str
) -> None:
    make_editor(db)
    make_readers(db, settings, 2)
    issue_id = freeze_issue(db, settings)
    with db.writing() as session:
        edition = session.query(Edition).one()
        if change == "an image":
            edition.html = edition.html.replace("</body>", '<img src="https://spy.example/p.gif"></body>')
            edition.hash = hash_of(Rendered(edition.subject, edition.text, edition.html))
        else:
            edition.html = edition.html.replace("https://example.org/story", "https://spy.example/story")
    assert send(db, settings, issue_id, wait=False) is not Ending.DONE
    assert (sendgrid.requests, account(db, issue_id)) == ([], {"waiting": 2})
    with db.reading() as session:
        because = session.get_one(Issue, issue_id).paused_because
        assert session.query(Message).filter_by(kind="notice", recipient=ALICE).count() == 1
    assert {"an image": "would carry an image", "another link": "not what was frozen"}[change] in because


@pytest.mark.only_on("sqlite")
def test_a_digest_with_a_script_is_not_closed_whatever_let_it_through(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    monkeypatch.setattr(markup, "sanitised", lambda html: f"{html}<svg onload='spy()'></svg>")
    with pytest.raises(Refused, match=r"no reason lets it pass. Mail: it would carry a drawing \(<svg>\)"):
        close_issue(Context(db, settings, TUESDAY), issue_id, ALICE, override="It is only a drawing")
