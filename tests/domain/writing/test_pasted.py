"""What editors paste as plain text, and what readers get of it: in HTML, and in the text of a message."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from digest.domain.writing.markup import from_markdown, sanitised
from digest.mail.message.plaintext import as_text


def lines(html: str) -> str:
    """HTML on one line, without the line breaks between its elements."""
    return html.replace("\n", "")


def entries(html: str) -> list[str]:
    """What stands in each list entry."""
    return [" ".join(entry.get_text(" ").split()) for entry in BeautifulSoup(html, "html.parser").select("li")]


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("2024. A year of fines.", "<p>2024. A year of fines.</p>", "2024. A year of fines."),
        ("2023. One.\n\n2024. Two.", "<p>2023. One.</p><p>2024. Two.</p>", "2023. One.\n\n2024. Two."),
        ("1999) A year.", "<p>1999) A year.</p>", "1999) A year."),
        ("12. Mai 2024 war es so weit.", "<p>12. Mai 2024 war es so weit.</p>", "12. Mai 2024 war es so weit."),
        ("> 46. In that regard", "<blockquote><p>46. In that regard</p></blockquote>", "> 46. In that regard"),
        ("7. seven\n8. eight", '<ol start="7"><li>seven</li><li>eight</li></ol>', "7. seven\n8. eight"),
        ("1. a\n2. b\n5. c", '<ol><li>a</li><li>b</li><li value="5">c</li></ol>', "1. a\n2. b\n5. c"),
        ("1.", "<p>1.</p>", "1."),
        ("> 1.\n> 2.", "<blockquote><p>1.</p><p>2.</p></blockquote>", "> 1.\n>\n> 2."),
        ("1. a\n1. b", "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("1. a\n\nWords.\n\n2. b", '<ol><li>a</li></ol><p>Words.</p><ol start="2"><li>b</li></ol>',
         "1. a\n\nWords.\n\n2. b"),
        ("- a\n2024. A year.", "<ul><li>a</li></ul><p>2024. A year.</p>", "- a\n\n2024. A year."),
    ],
)  # fmt: skip
def test_numbers_stay(text: str, html: str, plain: str) -> None:
    assert lines(from_markdown(text)) == html
    assert as_text(from_markdown(text)) == plain


@pytest.mark.parametrize(
    "text",
    [
        "Three:\n-\u00a0one\n-\u00a0two\n-\u00a0three",
        "Three:\n*\u00a0\u00a0one\n*\u00a0\u00a0two\n*\u00a0\u00a0three",
        "Three:\n1.\u00a0one\n2.\u00a0two\n3.\u00a0three",
        "Three:\n4.\tone\n5.\ttwo\n6.\tthree",
        "Three:\n•\tone\n•\ttwo\n•\tthree",
        "Three:\n\t•\tone\n\t•\ttwo\n\t•\tthree",
        "Three:\n•one\n•two\n•three",
        "Three:\n·\u00a0\u00a0\u00a0\u00a0one\n·\u00a0 two\n·\tthree",
        "Three:\n\uf0b7\tone\n\uf0b7\ttwo\n\uf0a7\tthree",
        "Three:\no\tone\no\u00a0\u00a0 two\no\tthree",
        "Three:\n–\tone\n–\ttwo\n–\tthree",
        "Three:\n– one\n– two\n– three",
        "Three:\n    - one\n    - two\n    - three",
        "Three:\no  one\no  two\no  three",
        "Three:\n  §  one\n  §  two\n  §  three",
        "o  one\r\no  two\r\no  three",
        "\ufeff-\u200b\u00a0one\n- two\n- three",
    ],
)
def test_each_entry_is_an_entry(text: str) -> None:
    html = from_markdown(f"{text}\n\nAfter")
    assert [entry.split()[0] for entry in entries(html)] == ["one", "two", "three"]
    assert as_text(html).splitlines()[-1] == "After"


def test_what_a_word_processor_puts_under_its_list_is_a_paragraph() -> None:
    html = from_markdown("Before\r\n•\tone\r\no\tbelow\r\n•\ttwo\r\nAfter\r\na)\tfirst\r\nb)\tsecond")
    assert as_text(html) == "Before\n\n- one\n  - below\n- two\n\nAfter\n\na) first\n\nb) second"


def test_a_tick_says_something_and_stays() -> None:
    assert as_text(from_markdown("Done:\n✓ one\n\uf0fc\ttwo")) == "Done:\n\n- ✓ one\n- ✓ two"


def test_a_sentence_that_begins_like_a_bullet_stays_one() -> None:
    for text in ("o povo unido", "– Max Schrems", "o\u00a0tym", "-5 °C"):
        assert from_markdown(text) == f"<p>{text.replace(chr(160), '&nbsp;')}</p>"


def test_headings_and_quotations_with_a_no_break_space() -> None:
    html = lines(from_markdown("#\u00a0Heading\n>\u00a0quoted\n>\u00a0on"))
    assert html == "<h3>Heading</h3><blockquote><p>quotedon</p></blockquote>"


def test_rows_of_a_table_on_the_clipboard_are_a_table() -> None:
    html = from_markdown("Fines:\nCountry\tSum\nIE\t€1|2\nDE\t€7\nThat is all.")
    assert as_text(html) == "Fines:\n\nCountry  Sum\n-------  ----\nIE       €1|2\nDE       €7\n\nThat is all."


def test_long_paragraphs_without_an_empty_line_between_are_paragraphs() -> None:
    long = "The court decided. " + "It took many words for it, " * 5 + "and ended."
    assert lines(from_markdown(f"{long}\nThe second paragraph.")) == f"<p>{long}</p><p>The second paragraph.</p>"
    wrapped = "A sentence. Another that is\nwrapped by hand."
    assert from_markdown(wrapped) == f"<p>{wrapped}</p>"


def test_manual_line_breaks_part_words() -> None:
    assert as_text(from_markdown("one\x0btwo\u2028three\x0cfour\u2029five")) == "one\ntwo\nthree\n\nfour\n\nfive"


def test_a_fence_is_left_as_it_is() -> None:
    assert from_markdown("```\n• a\tb\n1)\u00a0x\tc\n\n    d\n```") == (
        "<pre><code>• a\tb\n1)&nbsp;x\tc\n\n    d\n</code></pre>"
    )


def test_a_paragraph_set_in_by_a_tab_is_a_paragraph() -> None:
    assert from_markdown("\tIt begins here.\n\n    So does this.") == "<p>It begins here.</p>\n<p>So does this.</p>"


@pytest.mark.parametrize(
    ("text", "href", "shown"),
    [
        ("See https://a.example/path?q=a*b*c now", "https://a.example/path?q=a*b*c", "https://a.example/path?q=a*b*c"),
        ("https://a.example/_x_/~~y~~/__z__", "https://a.example/_x_/~~y~~/__z__", "https://a.example/_x_/~~y~~/__z__"),
        ("(www.a.example/_x_?b=*c*d)", "http://www.a.example/_x_?b=*c*d", "www.a.example/_x_?b=*c*d"),
        ("Write to a_b_c@firm.agency.", "mailto:a_b_c@firm.agency", "a_b_c@firm.agency"),
        ("**https://a.example/b**", "https://a.example/b", "https://a.example/b"),
        ("_https://a.example/b_", "https://a.example/b", "https://a.example/b"),
        ("“https://a.example/b”, he said", "https://a.example/b", "https://a.example/b"),
        ("https://a.example/b--c...d", "https://a.example/b--c...d", "https://a.example/b--c...d"),
        ("[words](https://a.example/b “The title”)", "https://a.example/b", "words"),
        ("[words](https://a.example/b „Der Titel“)", "https://a.example/b", "words"),
        ("[words](www.a.example)", "http://www.a.example", "words"),
        ("[![A chart](https://a.example/c.png)](https://a.example/c)", "https://a.example/c", "A chart"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4", "https://bücher.example/ä"),
    ],
)
def test_addresses_are_links_and_keep_their_characters(text: str, href: str, shown: str) -> None:
    [link] = BeautifulSoup(from_markdown(text), "html.parser").select("a")
    assert (link["href"], link.get_text()) == (href, shown)


@pytest.mark.parametrize(
    "text", ["Booking.com was fined", "`https://a.example`", "e.g. this", "user@host", "ftp://a.b"]
)
def test_other_words_are_no_links(text: str) -> None:
    assert "<a" not in from_markdown(text)


def test_footnotes_are_numbered_and_stand_at_the_end_without_links() -> None:
    html = from_markdown("One[^a] and two[^b], one again[^a].\n\n[^b]: Second *note*.\n[^a]: First.\n\nLast.")
    assert lines(html) == (
        "<p>One<sup>[1]</sup> and two<sup>[2]</sup>, one again<sup>[1]</sup>.</p><p>Last.</p><hr>"
        "<p>[1] First.</p><p>[2] Second <em>note</em>.</p>"
    )
    assert as_text(html).startswith("One[1] and two[2], one again[1].")


def test_nothing_that_was_typed_is_left_out() -> None:
    text = (
        "A [link].\n\n[link]: https://used.example\n[Update]: Yes.\n[Update]: No.\n\n"
        "[^1]: Nobody points here.\n[^1]: Nor here.\n\n| a | b |\n|---|---|\n| 1 | 2 | 3 |\n\n![](https://p.example/x.png)"
    )
    shown = BeautifulSoup(from_markdown(text), "html.parser").get_text(" ")
    for words in (
        "[Update]: Yes.",
        "[Update]: No.",
        "Nobody points here.",
        "Nor here.",
        "3",
        "https://p.example/x.png",
    ):
        assert words in shown
    assert "used.example" not in shown


def test_struck_out_words_and_tables() -> None:
    assert from_markdown("~~no~~") == "<p><s>no</s></p>"
    assert lines(from_markdown("| a | b |\n|---|--:|\n| 1 | 2 |")) == (
        '<table><thead><tr><th>a</th><th align="right">b</th></tr></thead>'
        '<tbody><tr><td>1</td><td align="right">2</td></tr></tbody></table>'
    )


def test_a_subparagraph_is_no_copyright_sign() -> None:
    assert (
        from_markdown("Article 6(1)(c), point (r) -- and so on...") == "<p>Article 6(1)(c), point (r) – and so on…</p>"
    )


def test_deep_quotations_are_shown_to_the_end() -> None:
    assert "deep" in from_markdown(">" * 40 + " deep")
    assert "deep" in from_markdown("- " * 40 + "deep")


def test_what_is_rendered_stays_as_it_is() -> None:
    for text in (
        "1. a\n5. b",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "x[^1]\n\n[^1]: y",
        "~~a~~ 10\u00a0km",
        "```\na\n  b\n```",
    ):
        assert sanitised(from_markdown(text)) == from_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4 = 24", "2**3**4", "(2)*3*(4)", "1.5*x*2", "x*10*y", "5 *6*7", "use __init__ or __name__ here",
        "snake_*case*", "10*20 and 30*40",
    ],
)  # fmt: skip
def test_stars_in_a_sum_or_a_name_stay(text: str) -> None:
    assert from_markdown(text) == f"<p>{text}</p>"


def test_other_stars_are_emphasis() -> None:
    assert from_markdown("*a* **b** un*frigging*believable *5*th **2024** _c_ __two words__, ***3***") == (
        "<p><em>a</em> <strong>b</strong> un<em>frigging</em>believable <em>5</em>th <strong>2024</strong> "
        "<em>c</em> <strong>two words</strong>, <em><strong>3</strong></em></p>"
    )


@pytest.mark.parametrize("indent", ["\u00a0\u00a0", "\u00a0 ", "\t", "\u2003\u2003", "\u00a0\t"])
@pytest.mark.parametrize("marker", ["-", "*", "•"])
def test_no_break_spaces_and_tabs_set_an_entry_in(indent: str, marker: str) -> None:
    text = f"{marker} a\n{indent}{marker} b\n{indent}{indent}{marker} c\n{marker} d"
    assert as_text(from_markdown(text)) == "- a\n  - b\n    - c\n- d"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("See:\n(a) x\n(b) y\n(c) z", "See:\n\n(a) x\n\n(b) y\n\n(c) z"),
        ("a) x\nwrapped\nb) y", "a) x wrapped\n\nb) y"),
        ("See:\n(1) x\n(2) y", "See:\n\n(1) x\n\n(2) y"),
        ("I. x\nII. y", "I. x\n\nII. y"),
        ("(iii) x\n(iv) y", "(iii) x\n\n(iv) y"),
        ("> (a) x\n> (b) y", "> (a) x\n>\n> (b) y"),
        ("- p\n  a) x\n  b) y", "- p\n\n  a) x\n\n  b) y"),
        ("It was said by\nA. Smith and\nM. Jones.", "It was said by A. Smith and M. Jones."),
        ("```\na) x\nb) y\n```", "a) x\nb) y"),
    ],
)
def test_points_counted_in_letters_stay_apart(text: str, plain: str) -> None:
    assert as_text(from_markdown(text)) == plain
