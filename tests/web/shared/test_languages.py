"""Readers' pages and messages in other languages: no text is forgotten, no catalogue has a gap, each page stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from babel.messages.catalog import Message
from bs4 import BeautifulSoup, Comment, Doctype
from flask import Flask
from jinja2 import Environment, nodes

from digest import config
from digest.config import Settings
from digest.config.catalogues import FOLDER, speaking
from digest.config.languages import ENGLISH, NAMES
from digest.operations.issues.closing import close_issue
from digest.operations.readers import consent_wordings
from digest.operations.readers.holdings import EDITORS, READERS
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.running.branding import branding_for_change
from tests import catalogues
from tests.conftest import TUESDAY, Mailbox, html_of, text_of
from tests.factories import make_issue, make_subscriber, make_summary
from tests.unsettled import FRIDAY
from tests.web.browser import Browser, one, page, words
from tests.web.readers.doors import ALICE, ask, link_in

TEMPLATES = config.resource("templates")
OF_EDITORS = frozenset(
    (
        "pages/readers/subscriber.html", "pages/readers/subscribers.html", "pages/readers/erase_subscriber.html",
        "pages/readers/erasures.html", "pages/readers/erasure.html",
    )
)  # fmt: skip
OF_EDITORS = frozenset(
    (
        "pages/readers/subscriber.html",
        "pages/readers/subscribers.html",
        "pages/readers/erase_subscriber.html",
        "pages/readers/add_subscriber.html",
        "pages/readers/correct_subscriber.html",
        "pages/readers/bring_readers.html",
        "pages/readers/topics_of_subscriber.html",
        "pages/readers/unsubscribe_subscriber.html",
        "pages/readers/import.html",
        "pages/readers/import_progress.html",
        "pages/readers/suppressions.html",
        "pages/readers/erasure.html",
        "pages/readers/erasures.html",
    )
)
FOR_READERS = (
    "pages/shared/base.html", "pages/shared/error.html", "pages/shared/unsaved.html", "pages/readers/*.html",
    "pages/archive/*.html", "pages/sources/about.html",
    "email/base.*", "email/confirmation/*", "email/already_subscribed/*", "email/digest/*",
    "email/corrected/*", "email/erased/*", "email/move/*", "email/moved/*", "email/own_page/*", "email/returned/*",
    "email/welcome/*",
)  # fmt: skip
SAID = ("aria-label", "alt", "title", "placeholder", "data-label")
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]|^[A-Z][a-z]+")
TRANSLATING = {"_", "gettext", "ngettext"}


def templates() -> list[str]:
    found = {str(path.relative_to(TEMPLATES)) for pattern in FOR_READERS for path in TEMPLATES.glob(pattern)}
    return sorted(found - OF_EDITORS)


def plain_texts(tree: nodes.Template, is_html: bool) -> Iterator[str]:
    """What stands in a template as it is, for people to read."""
    data = "".join(part.data for part in tree.find_all(nodes.TemplateData))
    if not is_html:
        yield re.sub(r"/\w+", "", data)
        return
    soup = BeautifulSoup(data, "html.parser")
    for style in soup(["style", "script"]):
        style.decompose()
    yield from (str(text) for text in soup.find_all(string=True) if not isinstance(text, (Comment, Doctype)))
    yield from (str(tag[name]) for tag in soup.find_all(True) for name in SAID if tag.has_attr(name))


def plain_constants(node: nodes.Node) -> Iterator[str]:
    """Texts that an expression holds and no catalogue is asked for."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATING:
        return
    if isinstance(node, (nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from plain_constants(child)


@pytest.mark.parametrize("name", templates())
def test_no_text_for_readers_is_forgotten(name: str) -> None:
    tree = Environment(autoescape=True).parse((TEMPLATES / name).read_text("utf-8"))
    left = [text.strip() for text in plain_texts(tree, name.endswith(".html")) if WORD.search(text)]
    left += [text for text in plain_constants(tree) if SENTENCE.search(text)]
    assert left == [], "say it by _(…), then run `make catalogues` and translate it"


def test_what_is_of_editors_is_a_template_that_there_is() -> None:
    assert [name for name in sorted(OF_EDITORS) if not (TEMPLATES / name).exists()] == []


@pytest.mark.parametrize("tag", [tag for tag in NAMES if tag != ENGLISH])
def test_a_catalogue_says_all_that_the_source_says_and_no_more(tag: str) -> None:
    catalogue = catalogues.read(FOLDER / f"{tag}.po")
    asked = {message.id for message in catalogues.texts() if message.id}
    assert len(asked) > 90
    assert {message.id for message in catalogue if message.id} == asked, "run `make catalogues`"
    assert not catalogue.obsolete
    for message in catalogue:
        if message.id:
            assert not message.fuzzy, message.id
            assert gaps(message) == []


def gaps(message: Message) -> list[object]:
    """Whether each form is there, with the same values and the same markup as the English one."""
    said = message.id if isinstance(message.id, tuple) else (message.id,)
    found = [str(each or "") for each in (message.string if isinstance(message.string, tuple) else (message.string,))]
    marks = re.compile(r"%\(\w+\)s|</?\w+[^>]*>")
    return [each for each in found if not each or set(marks.findall(each)) != set(marks.findall(str(said[-1])))]


def speak(db: Database, tag: str) -> None:
    """Past the desk, which offers only languages that are complete."""
    with db.writing() as session:
        branding_for_change(session).language = tag


def test_a_german_site_speaks_german_and_its_desk_english(stranger: Browser, ada: Browser, db: Database) -> None:
    speak(db, "de")
    make_summary(
        db, "Gericht hebt Bußgeld auf", sources=[("https://a.example/1", "", "A"), ("https://b.example/2", "", "B")]
    )
    front = page(stranger.open("/"))
    assert (one(front, "html")["lang"], one(front, "html")["dir"]) == ("de", "ltr")
    assert "Nächste Ausgabe: Freitag, 17. Mai 2024, 08:00 Uhr (Europe/London)" in words(stranger.open("/"))
    assert "13. Mai 2024 · 2 Quellen" in words(stranger.open("/"))
    assert one(front, "form button").get_text(strip=True) == "Den Digest jeden Freitag bestellen"
    assert "jeden Freitag per E-Mail zu schicken" in one(front, "form .hint").get_text()
    assert "Unter dieser Adresse gibt es nichts" in words(stranger.open("/nowhere"))
    refused = stranger.client.post("/subscribe", data={"email": "nobody"})
    assert "Das kann keine E-Mail-Adresse sein." in words(refused)
    desk = page(ada.open("/desk/publication"))
    assert one(desk, "html")["lang"] == "en-GB"
    assert "Tagline (optional)" in " ".join(desk.get_text(" ").split())
    assert one(desk, "[name=language] [selected]")["value"] == "de"


def test_a_german_sign_up_is_german_from_the_answer_to_the_confirmation(
    stranger: Browser, db: Database, mailbox: Mailbox, settings: Settings
) -> None:
    speak(db, "de")
    assert "Sehen Sie in Ihr Postfach" in words(stranger.client.post("/subscribe", data={"email": "rita@example.org"}))
    message = mailbox.to("rita@example.org")[0]
    assert message["Subject"] == "Bestätigen Sie Ihre Anmeldung für Privacy Digest"
    assert '<html lang="de" dir="ltr"' in html_of(message)
    assert "Der Link gilt 7 Tage, bis Dienstag, 21. Mai 2024, 10:00 Uhr" in " ".join(text_of(message).split())
    link = re.search(r"/confirm/\S+", text_of(message))
    assert link
    assert "Drücken Sie den Knopf, um Privacy Digest jeden Freitag" in words(stranger.open(link.group()))
    assert "Danke. Die erste Ausgabe kommt am Freitag, 17. Mai 2024" in words(stranger.client.post(link.group()))
    german = replace(settings, branding=replace(settings.branding, language="de"))
    assert consent_wordings.signing_up(german).version == "sign-up 1 (de)"


def test_a_german_archive_is_german_to_its_months_and_its_sources(stranger: Browser, db: Database) -> None:
    speak(db, "de")
    found = make_summary(
        db, "Gericht hebt Bußgeld auf", topics=["Gerichte"], sources=[("https://a.example/1", "", "A")]
    )
    make_issue(db, summary_ids=[found])
    news = words(stranger.open("/news?topic=gerichte&from=2024-05-01&to=nie"))
    assert "1 Zusammenfassung zum Thema Gerichte ab dem 1. Mai 2024 · Alle zeigen" in news
    assert "„nie“ ist kein Datum, darum haben wir es weggelassen." in news
    assert [each.get_text() for each in page(stranger.open("/news")).select(".month")] == ["Mai 2024"]
    summary = words(stranger.client.get(f"/news/a/b/{found}", follow_redirects=True))
    assert "Den ganzen Artikel lesen: A" in summary and "Diese Seite zitieren" in summary
    feed = stranger.open("/feed.json").json
    assert feed is not None and feed["language"] == "de"


def test_a_german_digest_is_german_from_its_subject_to_its_foot(
    stranger: Browser, db: Database, mailbox: Mailbox, settings: Settings
) -> None:
    speak(db, "de")
    german = replace(settings, branding=replace(settings.branding, language="de"))
    make_subscriber(db, settings, "bob@example.org")
    made = [make_summary(db, title) for title in ("Gericht hebt Bußgeld auf", "Cookie-Banner brauchen eine Wahl")]
    issue_id = make_issue(db, FRIDAY, made)
    close_issue(Context(db, german, TUESDAY), issue_id, "a test")
    assert freeze(Context(db, german, TUESDAY), issue_id, "a test") is Freeze.FROZEN
    ask(stranger.client)
    stranger.client.post(link_in(mailbox.to(ALICE)[-1], "confirm"))
    welcome = mailbox.to(ALICE)[-1]
    assert welcome["Subject"] == "Willkommen bei Privacy Digest: Gericht hebt Bußgeld auf, und 1 weitere"
    text = " ".join(text_of(welcome).split())
    assert "Unten steht die letzte Ausgabe (Freitag, 17. Mai 2024)" in text
    assert "Ausgabe 1 · 2 Meldungen, 1 Minute" in text
    assert "weil Sie Ihre Anmeldung bestätigt haben (14. Mai 2024)." in text
    assert html_of(welcome).count('lang="de"') > 1 and "Im Browser ansehen" in html_of(welcome)


def test_a_german_privacy_page_cites_the_law_as_it_is_cited_there(stranger: Browser, db: Database) -> None:
    speak(db, "de")
    shown = words(stranger.open("/privacy")).replace("\u00ad", "")
    for part in (
        "Verantwortlicher (Art. 4 Nr. 7 DSGVO) ist", "Rechtsgrundlage", "Art. 6 Abs. 1 lit. a DSGVO: Ihre Einwilligung",
        "Art. 6 Abs. 1 lit. f DSGVO", "danach noch 1.095 Tage", "Aufsichtsbehörde", "Drittlandübermittlung",
        "Sicherungen",
    ):  # fmt: skip
        assert part in shown, part
    english = [part for one in (*READERS.values(), *EDITORS.values()) for part in (one.what, one.why, one.basis)]
    assert [part for part in english if part in shown or "GDPR" in shown] == []


def test_a_german_citation_says_as_at_which_day(stranger: Browser, db: Database) -> None:
    speak(db, "de")
    found = make_summary(db, "Gericht hebt Bußgeld auf", publication="CNIL")
    path = stranger.client.get(f"/news/a/b/{found}").headers["Location"]
    text = stranger.open(f"{path}?cite=text").text
    assert text.startswith("„Gericht hebt Bußgeld auf“, Privacy Digest, 13. Mai 2024, Stand: 14. Mai 2024, http")
    for form in ("bibtex", "csl"):
        note = "Zusammenfassung einer Veröffentlichung von CNIL. Stand: 14. Mai 2024"
        assert note in stranger.open(f"{path}?cite={form}").text
    drawn = stranger.open(f"{path}.png").data
    speak(db, ENGLISH)
    assert stranger.open(f"{path}.png").data != drawn, "its date is in the site's language"


PUBLIC = ("/", "/news", "/issues", "/privacy", "/about/feeds", "/confirm/x", "/nowhere")


@pytest.mark.parametrize("tag", ["de", "ar"])
def test_every_public_page_can_be_shown_in_any_language(app: Flask, stranger: Browser, db: Database, tag: str) -> None:
    speak(db, tag)
    summary = make_summary(db, "Court annuls a fine", topics=["Enforcement"])
    make_issue(db, summary_ids=[summary])
    for path in (*PUBLIC, f"/news/euractiv/court-annuls-a-fine/{summary}"):
        html = one(page(stranger.open(path)), "html")
        assert (html["lang"], html["dir"]) == (tag, "rtl" if tag == "ar" else "ltr"), path
    assert app.testing


def test_english_is_written_as_ever_and_loads_no_catalogue() -> None:
    english = speaking(ENGLISH)
    assert english.day(TUESDAY.date()) == "14 May 2024"
    assert english.long_day(TUESDAY.date()) == "Tuesday 14 May 2024"
    assert english.number(4812) == "4,812"
    assert speaking("de").number(4812) == "4.812"
    assert speaking("de").long_day(TUESDAY.date()) == "Dienstag, 14. Mai 2024"
    with pytest.raises(ValueError, match="zone"):
        english.moment(TUESDAY.replace(tzinfo=None))
