"""What an archive is read quickly by gives what reading it slowly gives."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.domain.writing import link_checks, pasted
from digest.domain.writing.dialect import parser

_QUICK, _SLOW = parser(), parser()
_SLOW.disable("one_line")

_PIECES = (
    "word", "Ä", "“said”", "1", "12", "1990.", "(a)", "b)", "iv.", "(12) x", "ii) x", "- x", "* x", "+ ", "•", "o  x",
    "§  x", "–", "Ø-  x", "*", "_", "**", "`", "```", "~~~", "~", "=", "===", "---", "# ", "> ", ">", "|", "| a | b |",
    "| --- | --- |", "[", "]", "[a]: https://example.org", "[^1]", "[^1]: note", "(", ")", "<", "<b>",
    "<https://a.example>", "https://a.example/b", "www.a.example", "a@b.example", "[x](https://a.exa\u200bmple)",
    "[x](http://a%E2%80%8B.example)", "[x](tel:1)", "&nbsp;", "&#x200b;", "\\", "\t", " ", "  ", "    ", "\n", "\n\n",
    "\r\n", "\n> ", "word\n===\n", "a | b\n--- | ---\n", "\xa0", "\u2003", "\u200b", '"', "'",
)  # fmt: skip
_PASTED = re.compile(
    "[\xa0\u2002\u2003\u2007\u202f\t•·–—▪◦‣●○■□➢➤✓\uf020-\uf0ff]|^ *[o§Ø-]  | {4}"
    r"|^[ >]*\(?(?:[A-Za-z]|[ivxIVX]{1,5}|(?<=\()\d{1,3})[.)] ",
    re.MULTILINE,
)
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(_TEXTS)
def test_a_paragraph_told_by_its_first_character_is_what_all_rules_would_make_of_it(text: str) -> None:
    assert _QUICK.render(text) == _SLOW.render(text)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(_TEXTS)
def test_signs_of_pasted_text_are_those_of_one_expression_for_all(text: str) -> None:
    assert pasted._may_be_pasted(text) is bool(_PASTED.search(text))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(_TEXTS)
def test_text_without_signs_of_a_link_has_no_link(text: str) -> None:
    if not link_checks._may_link(text):
        assert "<a " not in parser(as_typed=True).render(text)
