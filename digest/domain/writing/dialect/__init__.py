"""The Markdown that editors write and paste: CommonMark, with bare addresses, tables, footnotes and struck-out words.

`parser` gives markdown-it with its own rules and plugins, and with a few of ours where what people paste is no Markdown
that it knows. HTML inside a text shows as text, and nothing that was typed is ever left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.rules_core.replacements import (
    ELLIPSIS_RE,
    EM_DASH_RE,
    EN_DASH_INDENT_RE,
    EN_DASH_RE,
    PLUS_MINUS_RE,
)
from markdown_it.rules_core.smartquotes import process_inlines
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from digest.domain.writing.clipboard import plain_lines, visible
from digest.domain.writing.dialect import bare_links, definitions, emphasis, lists, notes, paragraphs, tables
from digest.domain.writing.link_checks import CheckedMarkdown
from digest.domain.writing.pasted import as_markdown


def parser(as_typed: bool = False) -> MarkdownIt:
    """A renderer from Markdown to HTML, which must still be sanitised. `as_typed`: one that keeps what nobody sees."""
    ours = CheckedMarkdown("commonmark", {"html": False, "linkify": True, "typographer": True})
    ours.enable(["table", "strikethrough", "linkify", "replacements", "smartquotes"])
    # A paragraph that begins with a tab is pasted far more often than code is written.
    ours.disable("code")
    ours.disable(["html_block", "html_inline"])  # with html off they only say no, at each line and each "<"
    if not as_typed:
        ours.core.ruler.after("normalize", "pasted", _pasted)
    ours.core.ruler.at("replacements", _typeset)
    ours.core.ruler.at("smartquotes", _curl)
    for part in (lists, tables, notes, definitions, bare_links, emphasis, paragraphs):
        part.teach(ours)
    ours.add_render_rule("image", _picture)
    return ours


def _pasted(state: StateCore) -> None:
    state.src = as_markdown(visible(plain_lines(state.src)))


_TYPESET: tuple[Callable[[str], str], ...] = (
    lambda text: PLUS_MINUS_RE.sub("±", text),
    lambda text: ELLIPSIS_RE.sub("…", text),
    lambda text: EM_DASH_RE.sub("\\1—", text),
    lambda text: EN_DASH_INDENT_RE.sub("\\1–", EN_DASH_RE.sub("\\1–", text)),
)

_MARKS = ("+-", "..", "--")


def _typeset(state: StateCore) -> None:
    """Dashes and dots as typeset. The rest of markdown-it's rule is left out: Article 6(1)(c) is no copyright sign."""
    if not any(mark in state.src for mark in _MARKS):
        return
    for block in state.tokens:
        if not any(mark in block.content for mark in _MARKS):
            continue
        in_address = False
        for token in block.children or ():
            if token.info == "auto":
                in_address = token.type == "link_open"
            elif token.type == "text" and not in_address:
                for typeset in _TYPESET:
                    token.content = typeset(token.content)


_MOST_QUOTES = 1_000


def _curl(state: StateCore) -> None:
    """As markdown-it's rule, which goes through all open quotation marks for each; of very many, all stay straight."""
    for block in state.tokens:
        if block.children and 0 < block.content.count('"') + block.content.count("'") <= _MOST_QUOTES:
            process_inlines(block.children, state)


def _picture(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A picture's own words, or its address where it has none: nothing that loads goes out, nor a link to it."""
    shown: Callable[[Sequence[Token] | None, OptionsDict, EnvType], str] = getattr(renderer, "renderInlineAsText")  # noqa: B009
    return escapeHtml(shown(tokens[index].children, options, env).strip() or str(tokens[index].attrs.get("src", "")))
