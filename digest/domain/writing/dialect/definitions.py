"""Links by reference. `[words]: https://…` is no text for Markdown; one that no link uses is shown as it was typed."""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token


class _Asked(dict[str, Any]):
    """The definitions of one text, and which of them a link has used."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def __getitem__(self, label: str) -> Any:
        self.used.add(label)
        return super().__getitem__(label)

    def get(self, label: str, default: Any = None) -> Any:
        self.used.add(label)
        return super().get(label, default)


def teach(parser: MarkdownIt) -> None:
    """Put these rules into a parser."""
    parser.core.ruler.before("block", "references", _watch)
    parser.core.ruler.after("inline", "unused", _show_unused)


def _watch(state: StateCore) -> None:
    state.env["references"] = _Asked()


def _show_unused(state: StateCore) -> None:
    asked: _Asked = state.env["references"]
    unused = [definition for label, definition in dict.items(asked) if label not in asked.used]
    unused += state.env.get("duplicate_refs", [])
    if not unused:
        return
    waiting = sorted((tuple(definition["map"]) for definition in unused), reverse=True)
    lines, tokens = state.src.split("\n"), []
    for token in state.tokens:
        while waiting and _begins_after(token, waiting[-1][0]):
            tokens += _paragraph(state, lines, *waiting.pop())
        tokens.append(token)
    while waiting:
        tokens += _paragraph(state, lines, *waiting.pop())
    state.tokens = tokens


def _begins_after(token: Token, line: int) -> bool:
    return token.level == 0 and token.nesting >= 0 and token.map is not None and token.map[0] >= line


def _paragraph(state: StateCore, lines: list[str], first: int, end: int) -> list[Token]:
    words = " ".join(line.strip(" \t>") for line in lines[first:end] if line.strip())
    children: list[Token] = []
    inline = Token("inline", "", 0, content=words, children=children, level=1, block=True)
    # Brackets that would be the link which nothing uses: escaped, so that what is shown is what was typed.
    state.md.inline.parse(words.replace("[", "\\[", 1), state.md, state.env, children)
    return [Token("paragraph_open", "p", 1, block=True), inline, Token("paragraph_close", "p", -1, block=True)]
