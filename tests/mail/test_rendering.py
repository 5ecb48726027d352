"""Every message: what a mail client shows of it, and what must never be in it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from syrupy.assertion import SnapshotAssertion

from digest.domain.issues.edition import Content, Source
from digest.domain.running.colours import OUR_OWN, palette
from digest.mail.message.rendering import (
    ForgedTag,
    Rendered,
    new_tags,
    personalise,
    render_confirmation,
    render_digest,
    render_notice,
    render_proof,
    render_test,
    render_welcome,
    template_folder,
)

from .samples import (
    AIRLINE,
    ALICE,
    CONTENT,
    COOKIES,
    EXPIRES,
    FACES,
    GAME,
    IDENTITY,
    NOTE,
    TAGS,
    a_digest,
    single_messages,
)

GMAIL_CLIPS_WELL_ABOVE = 90_000
HOSTILE = """<script>alert(1)</script> {{ 7 * 7 }} {% raw %} "double" 'single' & <b>"""


def parsed(rendered: Rendered) -> BeautifulSoup:
    return BeautifulSoup(rendered.html, "html.parser")


def one(page: BeautifulSoup | Tag, selector: str) -> Tag:
    found = page.select(selector)
    assert len(found) == 1, f"{len(found)} of {selector}"
    return found[0]


def words(tag: Tag) -> str:
    return " ".join(tag.get_text().split())


def links(page: BeautifulSoup | Tag) -> list[str]:
    return [str(link["href"]) for link in page.select("a")]


def with_items(*items: object) -> Content:
    return replace(CONTENT, items=items)  # type: ignore[arg-type]


def all_messages() -> dict[str, Rendered]:
    digest = a_digest()
    return {
        "digest": digest,
        "proof": render_proof(digest, IDENTITY, NOTE),
        "test": render_test(digest, IDENTITY, NOTE.desk_url),
        "welcome": render_welcome(digest, IDENTITY, CONTENT.issue_date, ALICE[TAGS.preferences]),
        **single_messages(),
    }


@pytest.mark.parametrize("message", ["digest", "proof", "test", "welcome", *single_messages()])
class TestEveryMessage:
    def test_reads_as_before(self, message: str, snapshot: SnapshotAssertion) -> None:
        rendered = all_messages()[message]
        assert rendered.subject == snapshot(name="subject")
        assert rendered.text == snapshot(name="text")
        assert rendered.html == snapshot(name="html")

    def test_says_its_language_and_direction(self, message: str) -> None:
        page = parsed(all_messages()[message])
        root = one(page, "html")
        assert (root["lang"], root["dir"]) == ("en-GB", "ltr")
        assert words(one(page, "title"))
        assert all_messages()[message].html.startswith("<!DOCTYPE html>")

    def test_begins_with_a_hidden_preheader(self, message: str) -> None:
        first = one(parsed(all_messages()[message]), "body").find(True)
        assert isinstance(first, Tag)
        assert first["class"] == ["preheader"]
        assert "display:none" in str(first["style"])
        assert len(first.get_text()) > 200

    def test_loads_nothing(self, message: str) -> None:
        page = parsed(all_messages()[message])
        assert page.select("img, link, script, iframe, picture, video, audio, object, svg, input, form") == []
        assert page.select("[src], [background], [srcset], [poster]") == []
        assert "url(" not in all_messages()[message].html
        assert "@import" not in all_messages()[message].html

    def test_links_are_whole_addresses(self, message: str) -> None:
        rendered = personalise(all_messages()[message], ALICE)
        assert all(re.match(r"https://\w|mailto:editors@", link) for link in links(parsed(rendered)))

    def test_has_one_main_heading(self, message: str) -> None:
        one(parsed(all_messages()[message]), "h1")

    def test_lays_out_with_tables_that_are_no_data(self, message: str) -> None:
        page = parsed(all_messages()[message])
        assert {table.get("role") for table in page.select("table")} == {"presentation"}
        assert all(sheet["width"] == "600" for sheet in page.select("table.sheet"))

    def test_keeps_dark_and_phone_styles_and_their_classes(self, message: str) -> None:
        page = parsed(all_messages()[message])
        kept = " ".join(style.get_text() for style in page.select("head style"))
        assert "@media (prefers-color-scheme: dark)" in kept
        assert "@media only screen and (max-width: 620px)" in kept
        assert "[data-ogsc] .paper" in kept
        assert page.select(".sheet") and page.select(".canvas")
        schemes = [one(page, f"meta[name={name}]") for name in ("color-scheme", "supported-color-schemes")]
        assert [scheme["content"] for scheme in schemes] == ["light dark", "light dark"]

    def test_carries_its_styles_inline_without_what_outlook_lacks(self, message: str) -> None:
        inline = " ".join(str(tag["style"]) for tag in parsed(all_messages()[message]).select("[style]"))
        assert "Georgia" in inline
        assert not re.search(r"flex|grid|float|rgba?\(|\drem|var\(|position|box-shadow", inline)

    def test_keeps_text_lines_short_but_for_addresses(self, message: str) -> None:
        rendered = personalise(all_messages()[message], ALICE)
        assert [line for line in rendered.text.splitlines() if len(line) > 72 and "http" not in line] == []

    def test_says_who_sends_it(self, message: str) -> None:
        rendered = all_messages()[message]
        for part in (words(one(parsed(rendered), ".foot")), rendered.text):
            assert "Example Press Ltd, 1 Street, London" in part
            assert "editors@digest.example" in part


def test_a_message_under_another_accent_has_none_of_our_own_colours() -> None:
    red = palette("#c1121f")
    page = render_digest(CONTENT, replace(IDENTITY, accent="#c1121f"), TAGS).html
    for ours, theirs in ((OUR_OWN.light, red.light), (OUR_OWN.dark, red.dark)):
        assert ours.accent not in page
        assert ours.soft not in page
        assert theirs.accent in page
    assert red.dark.soft in page


def test_every_message_has_its_example() -> None:
    folders = {path.parent.name for path in (template_folder() / "email").glob("*/subject.txt")}
    assert folders == {"digest", "proof", "test", "welcome", *single_messages()}


def test_digest_has_a_masthead_with_date_number_and_reading_time() -> None:
    page = parsed(a_digest())
    assert words(one(page, "h1")) == "Privacy Digest"
    assert words(one(page, ".dateline")) == "Friday 17 May 2024 · Issue 212 · 5 stories, 1 minute"
    assert len(page.select(".double")) == 1


def test_digest_shows_each_summary_with_headline_linked_to_its_page() -> None:
    page = parsed(a_digest())
    stories = page.select(".story")
    assert [words(one(story, "h2")) for story in stories] == [item.title for item in CONTENT.items]
    assert [one(story, "h2 a")["href"] for story in stories] == [item.url for item in CONTENT.items]
    assert words(one(stories[0], ".byline")) == "i · 15 May 2024"
    assert words(one(stories[1], ".label")) == "Children · Enforcement"
    assert stories[3].select(".label") == []


def test_quotation_is_a_blockquote_whose_rule_outlook_can_show() -> None:
    cell = one(parsed(a_digest()).select(".story")[0], "blockquote td.quote")
    assert "border-left:3px solid" in str(cell["style"])
    assert "Georgia" in str(cell["style"])


def test_one_source_is_named_in_the_link() -> None:
    source = one(parsed(a_digest()).select(".story")[0], ".sources a")
    assert (words(source), source["href"]) == ("Read full story in i", "https://paper.example/1")


def test_several_sources_are_each_named() -> None:
    story = parsed(a_digest()).select(".story")[1]
    assert words(one(story, ".sources")) == "Read the stories in"
    lines = [words(line) for line in story.select("p.one-source")]
    assert lines == ["The Irish Times", "Euractiv", "Data Protection Commission"], "each on a line of its own"
    assert [links(line) for line in story.select("p.one-source")] == [[source.url] for source in GAME.sources]


def test_a_publication_with_two_sources_is_told_apart_by_titles() -> None:
    lines = parsed(a_digest()).select(".story")[3].select("p.one-source")
    assert [words(line) for line in lines] == ["The ruling explained", "Our complaint of 2021", "Administrative Court"]


def test_summary_without_source_has_no_source_line() -> None:
    page = parsed(render_digest(with_items(replace(FACES, sources=())), IDENTITY, TAGS))
    assert page.select(".sources") == []


def test_contents_name_every_headline_when_there_are_more_than_three() -> None:
    entries = parsed(a_digest()).select(".panel li")
    assert [words(entry) for entry in entries] == [item.title for item in CONTENT.items]
    assert [links(entry) for entry in entries] == [[item.url] for item in CONTENT.items]


def test_three_summaries_need_no_contents() -> None:
    short = render_digest(with_items(*CONTENT.items[:3]), IDENTITY, TAGS)
    assert parsed(short).select(".panel") == []
    assert "IN THIS ISSUE" not in short.text


def test_footer_says_why_and_how_to_leave() -> None:
    foot = one(parsed(personalise(a_digest(), ALICE)), ".foot")
    assert "You get this because you confirmed your subscription on 3 February 2024." in words(foot)
    assert {words(link): link["href"] for link in foot.select("a")} == {
        "View in browser": "https://digest.example/issues/2024-05-17",
        "Choose topics": ALICE[TAGS.preferences],
        "Unsubscribe": ALICE[TAGS.unsubscribe],
        "How to check": "https://digest.example/privacy",
        "editors@digest.example": "mailto:editors@digest.example",
    }


def test_text_part_has_everything_that_the_html_links_to() -> None:
    digest = personalise(a_digest(), ALICE)
    shown = {link for link in links(parsed(digest)) if link.startswith("https:")} - {"https://digest.example/"}
    assert {link for link in shown if link not in digest.text} == set()


def test_twelve_summaries_are_not_clipped() -> None:
    body = "<p>" + "Considerable obligations nevertheless accompany transparency. " * 30 + "</p>"
    quoted = body + "<blockquote><p>Thirty words more, in a quotation.</p></blockquote>"
    content = with_items(*[replace(COOKIES, summary_id=n, body_html=quoted) for n in range(12)])
    html = personalise(render_digest(content, IDENTITY, new_tags()), ALICE).html
    assert len(html.encode()) < GMAIL_CLIPS_WELL_ABOVE


def test_hostile_text_stays_text() -> None:
    source = Source('https://paper.example/?a=1&b="><script>', HOSTILE, HOSTILE)
    item = replace(AIRLINE, title=HOSTILE, publication=HOSTILE, sources=(source, source))
    digest = render_digest(
        replace(CONTENT, subject=HOSTILE, preheader=HOSTILE, items=(item,) * 4),
        replace(IDENTITY, name=HOSTILE, postal_address=HOSTILE),
        TAGS,
    )
    page = parsed(digest)
    assert page.select("script, b") == []
    assert words(page.select("h2.headline")[0]) == HOSTILE
    assert digest.subject == HOSTILE
    assert " ".join(HOSTILE.split()) in " ".join(digest.text.split())


def test_images_and_stylesheets_in_a_body_are_left_out() -> None:
    body = '<p>Kept<img alt="a>b" src="https://x.example/p.gif"></p><style>@import "x"</style><link href="https://x">'
    digest = render_digest(with_items(replace(FACES, body_html=body)), IDENTITY, TAGS)
    assert words(one(parsed(digest), ".body")) == "Kept"
    assert "x.example" not in digest.html


FORGED = {
    "subject": lambda tag: replace(CONTENT, subject=tag),
    "preheader": lambda tag: replace(CONTENT, preheader=tag),
    "introduction": lambda tag: replace(CONTENT, introduction_html=f"<p>{tag}</p>"),
    "headline": lambda tag: with_items(replace(FACES, title=f"See {tag}")),
    "page": lambda tag: with_items(replace(FACES, url=f"https://digest.example/{tag}")),
    "body": lambda tag: with_items(replace(FACES, body_html=f'<a href="https://evil.example/?{tag}">x</a>')),
    "entities": lambda tag: with_items(replace(FACES, body_html=f"<p>&#45;{tag[1:]}</p>")),
    "markup": lambda tag: with_items(replace(FACES, body_html=f"<p>{tag[:9]}<b></b>{tag[9:]}</p>")),
    "source": lambda tag: with_items(replace(FACES, sources=(Source(f"https://e.example/{tag}", "", ""),))),
}


@pytest.mark.parametrize("place", FORGED)
@pytest.mark.parametrize("tag", [getattr(TAGS, field.name) for field in fields(TAGS)])
def test_forged_tag_is_refused(place: str, tag: str) -> None:
    with pytest.raises(ForgedTag, match="take it out"):
        render_digest(FORGED[place](tag), IDENTITY, TAGS)


def test_tags_are_new_each_time_and_none_inside_another() -> None:
    first, second = new_tags(), new_tags()
    values = [first.unsubscribe, first.preferences, first.since, second.unsubscribe]
    assert not [(a, b) for a in values for b in values if a is not b and a in b]
    assert all(re.fullmatch(r"-[0-9a-f]{32}-[a-z]+-", value) for value in values)


def test_values_are_escaped_in_html_and_plain_in_text() -> None:
    value = 'https://digest.example/?a=1&b="2"'
    digest = personalise(a_digest(), {TAGS.unsubscribe: value})
    assert value in digest.text
    assert value in links(parsed(digest))
    assert TAGS.unsubscribe not in digest.html + digest.text


@pytest.mark.parametrize("bad", ["Two\nlines", "Two\r\nBcc: x@y.example", "A\x00null", "At the end\n", "A\u2028B", " "])
def test_subject_that_could_break_a_header_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        render_digest(replace(CONTENT, subject=bad), IDENTITY, TAGS)
    if bad.strip():
        with pytest.raises(ValueError, match="one line"):
            render_notice(IDENTITY, bad, [], None)


def test_proof_is_the_digest_to_the_byte_under_one_panel() -> None:
    digest = a_digest()
    proof = render_proof(digest, IDENTITY, NOTE)
    extra = len(proof.html) - len(digest.html)
    cut = digest.html.index('<div class="preheader"')
    cut = digest.html.rindex(">", 0, cut) + 1
    assert proof.html[:cut] + proof.html[cut + extra :] == digest.html
    assert proof.text.endswith("\n" + digest.text)
    assert proof.subject == f"Proof: {digest.subject}"
    assert len(parsed(proof).select(".note")) == 1


def test_proof_says_when_to_how_many_and_how_to_hold_it() -> None:
    proof = render_proof(a_digest(), IDENTITY, NOTE)
    note = one(parsed(proof), ".note")
    assert "Friday 17 May 2024, 08:00 Europe/London, to 2,431 readers." in words(note)
    button = one(note, ".button a")
    assert (words(button), button["href"]) == ("Hold this issue", NOTE.hold_url)
    assert [words(entry) for entry in note.select("li")] == [*NOTE.changes, *NOTE.warnings]
    assert NOTE.hold_url in proof.text


def test_first_proof_without_faults_has_no_lists() -> None:
    note = one(parsed(render_proof(a_digest(), IDENTITY, replace(NOTE, readers=1, changes=(), warnings=()))), ".note")
    assert note.select("ul, h3") == []
    assert "1 reader." in words(note)


def test_test_message_has_one_line_above_the_digest() -> None:
    message = render_test(a_digest(), IDENTITY, NOTE.desk_url)
    assert message.subject == f"Test: {CONTENT.subject}"
    assert links(one(parsed(message), ".note")) == [NOTE.desk_url]
    assert message.text.endswith(a_digest().text)


def test_confirmation_has_one_button_and_the_plain_address() -> None:
    message = single_messages()["confirmation"]
    page, url = parsed(message), "https://digest.example/confirm/bobs-token"
    assert words(one(page, ".button a")) == "Confirm my subscription"
    assert one(page, ".button a")["href"] == url
    assert words(one(page, "a.long")) == url
    for part in (words(page), " ".join(message.text.split())):
        assert "for 7 days, until Friday 24 May 2024, 08:05 Europe/London" in part
        assert "If this was not you, do nothing: nothing will be sent." in part
    assert f"\n{url}\n" in message.text


def test_a_time_without_zone_is_refused() -> None:
    naive = datetime(2024, 5, 24, 8, 5)  # noqa: DTZ001  the very thing that must be refused
    with pytest.raises(ValueError, match="zone"):
        render_confirmation(IDENTITY, "https://digest.example/confirm/x", naive)
    assert EXPIRES.tzinfo is not None


def test_templates_are_found_in_the_checkout() -> None:
    assert (template_folder() / "email" / "base.html").is_file()
    assert template_folder() == Path(__file__).parents[2] / "templates"
