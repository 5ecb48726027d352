"""Marked words: where they stand is what is shown."""

from __future__ import annotations

from digest.domain.archive.marking import Sought, TextPiece, excerpt, marked
from digest.domain.shared.stems import stems


def shown(pieces: list[TextPiece]) -> str:
    return "".join(f"[{each.text}]" if each.marked else each.text for each in pieces)


def test_every_form_of_a_word_is_marked_as_it_is_written() -> None:
    sought = Sought(frozenset(stems("court children cafe")), "protec")
    text = "Courts on the children’s Café: <b>, and Protections."
    assert shown(marked(text, sought)) == "[Courts] on the [children’s] [Café]: <b>, and [Protections]."


def test_a_phrase_is_marked_as_a_whole_across_its_dash_and_nowhere_else() -> None:
    sought = Sought(phrases=(("eu", "us"),))
    assert (
        shown(marked("The EU–US deal, and the EU with US firms", sought))
        == "The [EU–US] deal, and the EU with US firms"
    )


def test_the_excerpt_is_where_most_of_the_words_are() -> None:
    text = (
        "One court early. " + "Nothing to see here at all. " * 30 + "A court fined a bank. " + "More of nothing. " * 30
    )
    found = shown(excerpt(text, Sought(frozenset({"court", "fined", "bank"})), 200))
    assert "A [court] [fined] a [bank]." in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert len(found) < 230


def test_a_short_text_is_shown_whole_and_a_long_one_from_its_beginning() -> None:
    assert shown(excerpt("Just this.", Sought(frozenset({"none"})), 80)) == "Just this."
    assert shown(excerpt("word " * 50, Sought(), 40)).startswith("word word")
