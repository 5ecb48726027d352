"""Editions of one issue: made from parts that are inlined once, and saying what they are."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from digest.domain.issues.choosing import ChosenContent, chosen_content
from digest.domain.issues.edition import Content, ItemTopic
from digest.domain.issues.preflight import SIZE_LIMIT, check_edition
from digest.mail.message import parts
from digest.mail.message.foreign import foreign_in
from digest.mail.message.inlining import inlined
from digest.mail.message.parts import Parts
from digest.mail.message.rendering import Rendered, new_tags, personalise, render_editions
from digest.mail.message.templating import fill_only

from .samples import ALICE, CONTENT, COOKIES, FACES, IDENTITY, TAGS, a_digest, single_messages
from .test_rendering import links, one, parsed, words

AI_AND_ENFORCEMENT = frozenset({"ai", "enforcement"})


def edition(choice: frozenset[str] | None, content: Content = CONTENT, shared: bool = False) -> Rendered:
    [made] = render_editions([(chosen_content(content, choice, own_subject=False, shared=shared), TAGS)], IDENTITY)
    return personalise(made, ALICE)


def test_parts_make_the_same_document_as_the_whole_inlined_at_once() -> None:
    marks = Parts()
    chosen = chosen_content(CONTENT, AI_AND_ENFORCEMENT, own_subject=False)
    page = fill_only("digest", IDENTITY, content=chosen.content, chosen=chosen, tags=TAGS, part=marks).html
    at_once = inlined(page.replace(marks.begin, "").replace(marks.end, ""))
    assert [re.sub(r"\s+", " ", made) for made in marks.inlined([page])] == [re.sub(r"\s+", " ", at_once)]


def test_what_editions_share_is_inlined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    documents: list[str] = []

    def counted(document: str) -> str:
        documents.append(document)
        return inlined(document)

    monkeypatch.setattr(parts, "inlined", counted)
    topics = [ItemTopic(f"t{number}", f"T{number}") for number in range(8)]
    items = tuple(replace(COOKIES, summary_id=number, topics=(topic,)) for number, topic in enumerate(topics))
    issue = replace(CONTENT, items=items)
    choices = [frozenset({"t0", topic.slug}) for topic in topics]
    made = render_editions([(chosen_content(issue, choice, False), new_tags()) for choice in choices], IDENTITY)
    assert (len(made), len(documents)) == (8, 2), "the parts, and the frame around them"
    assert sum(document.count("The publisher may appeal") for document in documents) == 8


def test_markup_that_reaches_beyond_its_part_costs_no_other_part_anything() -> None:
    broken = replace(CONTENT, introduction_html="<p>Open <!-- here")
    [page] = render_editions([(ChosenContent(broken), TAGS)], IDENTITY)
    assert [item.title in page.html for item in CONTENT.items] == [True] * 5
    assert TAGS.unsubscribe in page.html
    assert not re.search(r"<!--\[?[0-9a-f]{16}", page.html), "no mark is left in it"


def test_an_edition_says_that_it_is_a_selection_by_which_topics_and_where_the_rest_is() -> None:
    mail = edition(AI_AND_ENFORCEMENT)
    page = parsed(mail)
    note = one(page, ".choice")
    said = "4 of this issue’s 5 stories come in full: those on topics that you chose, AI and Enforcement, and those on"
    assert said in words(note)
    assert links(note) == ["https://digest.example/issues/2024-05-17", ALICE[TAGS.preferences]]
    assert [words(story.select("h2")[0]) for story in page.select(".story")][-1] == COOKIES.title
    assert [words(rest) for rest in page.select(".rest-headline")] == [FACES.title]
    assert [links(rest) for rest in page.select(".rest-headline")] == [[FACES.url]]
    assert FACES.body_html[3:60] not in mail.html
    assert words(one(page, ".dateline")).endswith("4 of 5 stories in full, 1 minute")
    assert said in " ".join(mail.text.split())
    assert FACES.url in mail.text
    assert "too few readers" not in words(note)
    shared = words(one(parsed(edition(AI_AND_ENFORCEMENT, shared=True)), ".choice"))
    assert "stories come in full: those on AI and Enforcement, and those on none." in shared
    assert "that you chose" not in shared
    assert "If you chose others or fewer: too few readers made your choice" in shared


def test_who_finds_nothing_on_their_topics_is_told_so() -> None:
    alone = replace(CONTENT, items=tuple(item for item in CONTENT.items if item.topics))
    mail = edition(frozenset(), alone)
    assert mail.subject == "4 headlines, none of them on your topics"
    assert "Nothing in this issue is on the topics you chose, so all its 4 stories" in words(
        one(parsed(mail), ".choice")
    )
    assert len(parsed(mail).select(".rest")) == 4
    assert parsed(mail).select(".story") == []


def test_the_whole_issue_tells_whose_choice_was_too_rare() -> None:
    assert "whose choice of topics too few share for an edition of its own" in words(one(parsed(a_digest()), ".foot"))
    none = replace(CONTENT, items=tuple(replace(item, topics=()) for item in CONTENT.items))
    assert "whole issue" not in words(one(parsed(edition(None, none)), ".foot"))


def test_text_in_the_plain_part_is_no_html() -> None:
    odd = replace(CONTENT, items=(FACES, replace(COOKIES, topics=(ItemTopic("rd", "R&D <b>"),))))
    assert "R&D <b>" in edition(frozenset({"rd"}), odd).text
    assert "R&amp;D &lt;b&gt;" in edition(frozenset({"rd"}), odd).html
    assert "R&D" not in edition(frozenset({"rd"}), odd).html


def test_an_edition_that_is_too_large_is_named() -> None:
    chosen = chosen_content(CONTENT, AI_AND_ENFORCEMENT, own_subject=False)
    assert check_edition(chosen, SIZE_LIMIT) == []
    [fault] = check_edition(chosen, SIZE_LIMIT + 1)
    assert (fault.blocks, fault.where) == (True, "Size of the edition for AI, Enforcement")


STRANGERS = [
    '<img alt="" src=https://spy.example/p.gif>',
    "<IMG/src='x'>",
    '<table background="https://spy.example/p.gif"><tr><td>x</td></tr></table>',
    "<p style=\"background: URL ( 'https://spy.example' )\">x</p>",
    "<p style='background: u\\72l(https://spy.example)'>x</p>",
    "<style>@import 'https://spy.example/a.css';</style>",
    '<link rel="stylesheet" href="https://spy.example/a.css">',
    "<svg><image href='https://spy.example/p.gif'/></svg>",
    '<p onclick="spy()">x</p>',
    "<script>spy()</script>",
    '<a href=" java\tscript:spy()">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<meta http-equiv="refresh" content="0; url=https://spy.example">',
    '<!--[if mso]><v:fill src="https://spy.example/p.gif"/><![endif]-->',
    '<video poster="x"></video>',
    "<iframe></iframe>",
    '<form action="https://spy.example"></form>',
    "<![foo[bar]]>",
    "<!--[if mso]><![foo[bar]]><![endif]-->",
    '<!--[IF mso]><img src="https://spy.example/p.gif"><![ENDIF]-->',
    '<!--[if mso]><img src="https://spy.example/p.gif"><! [endif]-->',
    '<!--[if\tmso]><img src="https://spy.example/p.gif">-->',
]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_a_mail_program_would_load_or_run_is_found(stranger: str) -> None:
    assert foreign_in(a_digest().html.replace("</body>", f"{stranger}</body>"))


def test_nothing_is_found_in_any_message_of_ours() -> None:
    digests = [a_digest(), edition(AI_AND_ENFORCEMENT), edition(frozenset())]
    messages = [*digests, *single_messages().values()]
    assert len(messages) > 8
    assert [found for message in messages if (found := foreign_in(message.html))] == []
