"""The audit log: every act of the desk is logged, or is of no consequence for a reason that is said here."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from digest.config import Settings
from digest.domain.people.acts import Act
from digest.domain.shared.tokens import fingerprint
from digest.storage.base.database import Database
from digest.storage.messages.messages import queue_message
from digest.storage.people.audit import AuditEntry
from digest.storage.readers.subscribers import SubscriberState
from digest.storage.writing.names import PUBLICATIONS, id_of_name
from digest.storage.writing.summaries import SourceLink
from digest.web.readers import erasures
from tests.conftest import TUESDAY
from tests.factories import make_source, make_subscriber, make_summary
from tests.web.browser import Browser, words
from tests.web.readers.doors import everything
from tests.web.writing.test_nothing_is_lost import form_at

_UNDONE = "it is the editor’s own act on leads, kept for undoing"
_HISTORY = "the issue’s history says who did it"
_READS = "it changes nothing that is kept"
_OWN = "it is one’s own login, or one’s own unsaved words"
_LOGGED: Mapping[str, tuple[Act, ...]] = {
    "act_on_issue": (
        Act.APPROVED, Act.REOPENED, Act.HELD, Act.RELEASED, Act.MOVED, Act.SKIPPED, Act.CALLED_GONE,
        Act.ASKED_TO_SEND, Act.CANCELLED, Act.STOPPED, Act.RESUMED, Act.OVERRODE,
    ),
    "decide_now": (Act.DECIDED,),
    "invite": (Act.INVITED,),
    "set_role": (Act.ROLE,),
    "deactivate_now": (Act.DEACTIVATED,),
    "reactivate": (Act.REACTIVATED,),
    "set_password": (Act.LINK,),
    "erase_subscriber_now": (Act.ERASED,),
    "add_subscriber_now": (Act.ADDED,),
    "correct_subscriber_now": (Act.READDRESSED,),
    "choose_for_subscriber": (Act.CHOSE,),
    "unsubscribe_subscriber_now": (Act.UNSUBSCRIBED,),
    "ask_subscriber_again": (Act.ASKED_AGAIN,),
    "export_readers": (Act.EXPORTED,),
    "run_import": (Act.IMPORTED,),
    "cancel_import": (Act.IMPORT_CANCELLED,),
    "lift_suppression_now": (Act.LIFTED,),
    "erasure_done": (Act.ERASED_BY_HAND,),
    "withdraw_now": (Act.WITHDREW,),
    "supersede_now": (Act.SUPERSEDED,),
    "restore": (Act.RESTORED,),
    "save_summary": (Act.CORRECTED,),
    "take_back": (Act.TAKEN_BACK,),
    "delete_draft_now": (Act.DELETED,),
    "give_name": (Act.RENAMED,),
    "add_alias": (Act.NAMED,),
    "remove_alias": (Act.UNNAMED,),
    "merge_names": (Act.MERGED,),
    "add_source": (Act.WATCHED,),
    "choose_on_page": (Act.WATCHED,),
    "add_newsletter": (Act.WATCHED,),
    "import_source_list": (Act.IMPORTED,),
    "remove_source_now": (Act.UNWATCHED,),
    "describe": (Act.DESCRIBED,),
    "pause_or_resume": (Act.PAUSED, Act.UNPAUSED),
    "make_rule": (Act.RULED,),
    "drop_rule": (Act.UNRULED,),
    "describe_link": (Act.TOLD_ORIGINAL,),
    "change_publication": (Act.BRANDED,),
}  # fmt: skip
_OF_NO_CONSEQUENCE: Mapping[str, str] = {
    "bring_readers": _READS,
    "act_on_leads": _UNDONE,
    "undo_leads": _UNDONE,
    "regroup_lead": _UNDONE,
    "write_about_lead": _UNDONE,
    "look_at_lead": "it fades after a minute",
    "bring_lead": "the lead says who brought it",
    "check_source": "the clock does the same",
    "article": _READS,
    "covered": _READS,
    "paste": _READS,
    "preview_summary": _READS,
    "ask_to_confirm": _READS,
    "save_new_summary": "the summary’s history says who published it",
    "tell_correction": _HISTORY,
    "put_on_issue": _HISTORY,
    "change_issue": _HISTORY,
    "make_issue": _HISTORY,
    "copy_again_now": _HISTORY,
    "dismiss_sendgrid_notice": "it hides a notice",
    "invite_again": "the invitation is logged",
    "autosave_new_summary": _OWN,
    "autosave_summary": _OWN,
    "be_here": _OWN,
    "discard_new": _OWN,
    "discard_changes": _OWN,
    "rename": _OWN,
    "change_password": _OWN,
    "sign_out_everywhere": _OWN,
    "sign_in_now": _OWN,
    "sign_in_here_now": _OWN,
    "sign_out": _OWN,
    "ask_for_link": _OWN,
}


def _log(db: Database) -> list[tuple[str, str, str]]:
    """Who, did what, to what, the oldest first; without invitations and roles."""
    with db.reading() as session:
        return [(each.who, each.act, each.about) for each in session.query(AuditEntry).order_by(AuditEntry.id)]


def _did(browser: Browser, db: Database, path: str, **form: Any) -> str:
    """The one line that this act adds, without who."""
    before = len(_log(db))
    answer = browser.send(path, form=form)
    assert answer.status_code == 303, words(answer)
    [(who, act, about)] = _log(db)[before:]
    assert who.endswith("@digest.test")
    return f"{act} {about}"


def test_every_act_of_the_desk_is_logged_or_says_why_not(app: Flask) -> None:
    posted = {
        str(rule.endpoint).removeprefix("desk.")
        for rule in app.url_map.iter_rules()
        if str(rule.endpoint).startswith("desk.") and "POST" in (rule.methods or ())
    }
    assert posted == _LOGGED.keys() | _OF_NO_CONSEQUENCE.keys()
    of_the_desk = {act for acts in _LOGGED.values() for act in acts}
    assert set(Act) - of_the_desk == {Act.SENT}, "by the clock, or the command"


def test_names_are_logged(alice: Browser, db: Database) -> None:
    make_summary(db, publication="CNIL")
    make_summary(db, publication="Cnill")
    with db.reading() as session:
        cnil, typo = (id_of_name(session, PUBLICATIONS, name) for name in ("CNIL", "Cnill"))
    at = f"/desk/publications/{cnil}"
    assert _did(alice, db, at, name="The CNIL") == "renamed the publication “CNIL” to “The CNIL”"
    aliased = "the publication “The CNIL”: “Commission”"
    assert _did(alice, db, f"{at}/aliases", alias="Commission") == f"gave another name {aliased}"
    assert _did(alice, db, f"{at}/aliases/remove", spelling="commission") == f"took another name away {aliased}"
    merged = "merged the publication “Cnill” into “The CNIL”, 1 summary"
    assert _did(alice, db, f"/desk/publications/{typo}/merge", into=cnil) == merged


def test_sources_are_logged(alice: Browser, db: Database) -> None:
    at = f"/desk/sources/{make_source(db)}"
    source = "CNIL: https://example.org/feed.xml"
    assert _did(alice, db, f"{at}/pause") == f"paused a source {source}"
    assert _did(alice, db, f"{at}/resume") == f"resumed a source {source}"
    assert _did(alice, db, f"{at}/describe", publication="CNIL", topics="Fines") == f"changed a source {source}"
    assert _did(alice, db, f"{at}/rules", kind="keep_out", rule="win") == "made a rule CNIL: keep out win"
    assert _did(alice, db, f"{at}/rules/1/drop") == "dropped a rule CNIL: keep out win"
    assert _did(alice, db, f"{at}/remove") == f"stopped watching {source}"
    assert _did(alice, db, "/desk/sources/newsletter", publication="CNIL") == "began to watch CNIL: its newsletter"
    opml = b'<opml version="2.0"><body><outline text="Court" xmlUrl="https://court.example/feed"/></body></opml>'
    assert _did(alice, db, "/desk/sources/import", file=(BytesIO(opml), "feeds.opml")) == "imported 1 source"


def test_what_is_said_of_originals_is_logged(alice: Browser, db: Database) -> None:
    key = make_summary(db)
    with db.reading() as session:
        [link] = session.query(SourceLink).filter(SourceLink.summary_id == key)
    said = {"archived": "https://web.archive.example/1", "language": "de", "subscription": "yes"}
    logged = "described an original https://example.org/story: "
    told = "copy at https://web.archive.example/1, in de, needs a subscription"
    assert _did(alice, db, f"/desk/originals/{link.id}", **said) == f"{logged}{told}"
    before = _log(db)
    alice.send(f"/desk/originals/{link.id}", form=said)
    assert _log(db) == before, "nothing was changed"
    assert _did(alice, db, f"/desk/originals/{link.id}") == f"{logged}nothing"


def test_the_ends_of_summaries_are_logged(alice: Browser, db: Database) -> None:
    old, new = make_summary(db, "Old"), make_summary(db, "New", publication="i")
    at = f"/desk/summaries/{old}"
    assert _did(alice, db, f"{at}/supersede", newer=str(new)) == "superseded “Old” by “New”"
    assert _did(alice, db, f"{at}/restore") == "no longer superseded “Old”"
    corrected = {**form_at(alice, old), "title": "Old", "publication": "Euractiv", "correction": "The day was wrong."}
    assert _did(alice, db, at, **corrected) == "corrected “Old”: The day was wrong."
    assert _did(alice, db, f"{at}/withdraw", reason="It was another.") == "withdrew “Old”: It was another."
    assert _did(alice, db, f"/desk/summaries/{new}/take-back") == "took back to draft “New”"
    assert _did(alice, db, f"/desk/summaries/{new}/delete") == "deleted a draft “New”"


def test_acts_for_readers_are_logged_by_their_numbers(ada: Browser, db: Database, settings: Settings) -> None:
    reader = make_subscriber(db, settings, "rita@reader.test", SubscriberState.PENDING, topics="ai")
    at, who = f"/desk/subscribers/{reader.id}", f"reader {reader.id}"
    assert _did(ada, db, f"{at}/ask-again") == f"asked a reader again to confirm {who}"
    added = {"email": "sam@reader.test", "asked": "Sam", "day": "2024-05-13", "words": "Yes"}
    assert _did(ada, db, "/desk/subscribers/add", **added) == f"added a reader reader {reader.id + 1}"
    assert _did(ada, db, f"{at}/topics") == f"changed a reader’s topics {who}"
    corrected = {"email": "rita@example.test", "reason": "She rang"}
    assert _did(ada, db, f"{at}/address", **corrected) == f"corrected a reader’s address {who}"
    assert _did(ada, db, f"{at}/unsubscribe") == f"unsubscribed a reader {who}"


def test_erasing_a_reader_is_logged_without_the_reader(ada: Browser, db: Database, settings: Settings) -> None:
    reader = make_subscriber(db, settings, "rita@reader.test")
    logged = _did(ada, db, f"/desk/subscribers/{reader.id}/erase")
    assert logged.startswith("erased a reader")
    assert not {"rita", str(reader.id)} & set(logged.replace("@", " ").split())
    assert "Erased a reader" in words(ada.open("/desk/audit"))


def test_an_erasure_marked_as_done_is_logged_without_the_reader(ada: Browser, db: Database, settings: Settings) -> None:
    assert "None waits" in words(ada.open("/desk/subscribers/erasures"))
    with db.writing() as session:
        for _ in range(2):
            waiting = queue_message(session, TUESDAY, "erasure", "rita@reader.test", ("", "", ""))
            waiting.tries, waiting.detail = 31, "SendGrid answered 403"
    assert "SendGrid has not taken on 1 erasure. See which" in words(ada.open("/desk/subscribers"))
    listed = words(ada.open("/desk/subscribers/erasures"))
    assert "r***@reader.test" in listed
    assert "SendGrid answered 403" in listed
    at = f"/desk/subscribers/erasures/{fingerprint('rita@reader.test', settings.suppression_key)[:12]}"
    assert "rita@reader.test" in words(ada.open(at))
    told = "the one asked for on 2024-05-14 at 09:00 UTC, refused 31 times"
    assert _did(ada, db, at) == f"marked an erasure as done by hand {told}"
    assert "rita@reader.test" not in repr(everything(db))
    ada.send(at)
    assert "It no longer waits" in words(ada.open("/desk/subscribers/erasures"))


def test_of_many_erasures_that_wait_the_oldest_are_read_and_all_are_counted(
    ada: Browser, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "_SHOWN", 1)
    with db.writing() as session:
        for name in ("rita", "omar", "omar"):
            waiting = queue_message(session, TUESDAY, "erasure", f"{name}@reader.test", ("", "", ""))
            waiting.tries, waiting.detail = 31, "SendGrid answered 403"
    assert "SendGrid has not taken on 2 erasures." in words(ada.open("/desk/subscribers"))
    listed = words(ada.open("/desk/subscribers/erasures"))
    assert "2 addresses of readers who were erased here wait" in listed
    assert ("r***@reader.test" in listed, "o***@reader.test" in listed) == (True, False)
