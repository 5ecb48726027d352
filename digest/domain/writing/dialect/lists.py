"""Lists that keep their numbers, paragraphs that only look like lists, and what is nested too deep for either.

A number of four digits or more begins no list: “2024. A year …” is a sentence. Nor does a lone number that neither
begins a count (0, 1) nor goes on with one above it: “12. Mai 2024”. Numbers that a list skips or repeats stay as typed,
unless all are the same, which is Markdown's way to have them counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.blockquote import blockquote
from markdown_it.rules_block.list import list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_LONG_NUMBER = re.compile(r"\d{4,}[.)](?:\s|$)")
_WRAPPED_AT_MOST = 120
_ADDRESS = re.compile(r"(?<!\S)\S*?://\S*")
_SENTENCE_WITHIN = re.compile(r"[.!?…][”’\"')\]]*\s+\S")


def teach(parser: MarkdownIt) -> None:
    """Put these rules into a parser."""
    ruler = parser.block.ruler
    ruler.at("blockquote", _quotation, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    ruler.before("list", "long_number", _ends_a_list, {"alt": ["list", "paragraph"]})
    ruler.before("paragraph", "unwrapped", _ends_a_paragraph, {"alt": ["paragraph", "blockquote"]})
    parser.core.ruler.after("block", "numbers", _keep_numbers)


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return not _is_deep(state) and not _has_long_number(state, start) and list_block(state, start, end, silent)


def _quotation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return not _is_deep(state) and blockquote(state, start, end, silent)


def _is_deep(state: StateBlock) -> bool:
    """Whether what is nested deeper would be left out by the parser; as words of a paragraph it is shown."""
    return state.level > int(state.md.options["maxNesting"]) - 4


def _ends_a_list(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    return silent and _has_long_number(state, line) and state.sCount[line] < max(state.blkIndent, 1)


def _has_long_number(state: StateBlock, line: int) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    return bool(_LONG_NUMBER.match(state.src, start, state.eMarks[line]))


def _ends_a_paragraph(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    """A word processor's paragraph is one long line, and the next follows without an empty line between them."""
    if not silent or state.parentType not in ("paragraph", "blockquote"):
        return False
    if "unwrapped" not in state.env:
        state.env["unwrapped"] = _unwrapped(state.src.split("\n"))
    return line in state.env["unwrapped"]


def _unwrapped(lines: list[str]) -> set[int]:
    """The lines that follow another in a run where one is several sentences, too long to be wrapped by hand."""
    found: set[int] = set()
    start = 0
    for number in range(len(lines) + 1):
        if number < len(lines) and lines[number].strip():
            continue
        if any(map(_is_unwrapped, lines[start:number])):
            found.update(range(start + 1, number))
        start = number + 1
    return found


def _is_unwrapped(line: str) -> bool:
    if len(line) <= _WRAPPED_AT_MOST:
        return False
    prose = _ADDRESS.sub("", line)
    return len(prose) > _WRAPPED_AT_MOST and bool(_SENTENCE_WITHIN.search(prose))


def _keep_numbers(state: StateCore) -> None:
    if any(token.type == "ordered_list_open" for token in state.tokens):
        state.tokens = list(_numbered(state.tokens))


def _numbered(tokens: list[Token]) -> Iterator[Token]:
    last: dict[int, int] = {}
    unwrapped_until = -1
    for index, token in enumerate(tokens):
        if index <= unwrapped_until:
            continue
        if token.type != "ordered_list_open":
            yield token
            continue
        items = _items(tokens, index)
        numbers = [int(item.info) for item in items]
        if _is_hollow(tokens, index, len(items)):
            for item in items:
                yield from _as_paragraph([token, item, *_paragraph()], 0)
            unwrapped_until = index + 2 * len(items) + 1
            continue
        if _is_sentence(tokens, index) and numbers[0] not in (0, 1, last.get(token.level, -1) + 1):
            yield from _as_paragraph(tokens, index)
            unwrapped_until = index + _SENTENCE
            continue
        last[token.level] = _count(items, numbers)
        yield token


def _items(tokens: list[Token], index: int) -> list[Token]:
    level, found = tokens[index].level, []
    for token in tokens[index + 1 :]:
        if token.level == level and token.type == "ordered_list_close":
            break
        if token.level == level + 1 and token.type == "list_item_open":
            found.append(token)
    return found


def _count(items: list[Token], numbers: list[int]) -> int:
    """Give items whose number is not the next one their own; the list's last number."""
    if len(set(numbers)) == 1:
        return numbers[0] + len(numbers) - 1
    for item, number, before in zip(items[1:], numbers[1:], numbers, strict=False):
        if number != before + 1:
            item.attrs["value"] = number
    return numbers[-1]


_ONE_LINE = ["list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close", "ordered_list_close"]
_SENTENCE = len(_ONE_LINE)


def _is_sentence(tokens: list[Token], index: int) -> bool:
    return [token.type for token in tokens[index + 1 : index + 1 + _SENTENCE]] == _ONE_LINE


def _is_hollow(tokens: list[Token], index: int, count: int) -> bool:
    """Whether the list is numbers alone."""
    end = index + 2 * count + 1
    return end < len(tokens) and tokens[end].type == "ordered_list_close" and tokens[end].level == tokens[index].level


def _paragraph() -> list[Token]:
    words = Token("inline", "", 0, children=[], block=True)
    return [Token("paragraph_open", "p", 1, block=True), words, Token("paragraph_close", "p", -1, block=True)]


def _as_paragraph(tokens: list[Token], index: int) -> Iterator[Token]:
    item, opening, words, closing = tokens[index + 1 : index + 5]
    words.content = f"{item.info}{item.markup} {words.content}".rstrip()
    opening.hidden = closing.hidden = False
    yield from (opening, words, closing)
