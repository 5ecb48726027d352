"""Footnotes by the plugin, shown without links inside a message: many mail clients do nothing with those, and two
summaries in one digest would use the same names. A mark is `[1]` raised, its note a paragraph `[1] …` below a rule.

A note that no mark names, or a second one of the same name, is shown as well, after the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

_LONGEST_LABEL = 100


def teach(parser: MarkdownIt) -> None:
    """Put these rules into a parser."""
    footnote_plugin(parser)
    parser.inline.ruler.at("footnote_ref", _reference)
    parser.core.ruler.before("footnote_tail", "every_note", _name_every_note)
    parser.core.ruler.after("footnote_tail", "note_marks", _put_marks)
    parser.add_render_rule("footnote_ref", _mark)
    parser.add_render_rule("footnote_block_open", _rule)
    for silent in ("footnote_block_close", "footnote_open", "footnote_close", "footnote_anchor"):
        parser.add_render_rule(silent, _nothing)


def _reference(state: StateInline, silent: bool) -> bool:
    """As the plugin's, which reads on to the end of the text for a bracket that never comes."""
    return state.src.find("]", state.pos, state.pos + _LONGEST_LABEL) > 0 and footnote_ref(state, silent)


def _name_every_note(state: StateCore) -> None:
    notes = state.env.get("footnotes")
    if not notes:
        return
    named: Counter[str] = Counter()
    for token in state.tokens:
        if token.type != "footnote_reference_open":
            continue
        label = token.meta["label"]
        named[label] += 1
        if named[label] > 1:
            label = token.meta["label"] = f"{label} {named[label]}"  # no name that is typed has a space
        if notes["refs"].get(f":{label}", -1) < 0:
            notes["refs"][f":{label}"] = len(notes["list"])
            notes["list"][len(notes["list"])] = {"label": label, "count": 0}


def _put_marks(state: StateCore) -> None:
    if state.env.get("footnotes"):
        state.tokens = list(_marked(state.tokens))


def _marked(tokens: list[Token]) -> Iterator[Token]:
    words = ""
    for token in tokens:
        if token.type == "footnote_open":
            words = f"[{token.meta['id'] + 1}]"
        elif words and token.type == "inline":
            mark = Token("text", "", 0, content=f"{words} ")
            token.children = [mark, *(token.children or [])]
            words = ""
        elif words and token.type != "paragraph_open":
            yield from _paragraph(words)
            words = ""
        yield token


def _paragraph(words: str) -> Iterator[Token]:
    yield Token("paragraph_open", "p", 1, block=True)
    yield Token("inline", "", 0, content=words, children=[Token("text", "", 0, content=words)])
    yield Token("paragraph_close", "p", -1, block=True)


def _mark(
    _renderer: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f"<sup>[{tokens[index].meta['id'] + 1}]</sup>"


def _rule(*_: object) -> str:
    return "<hr>\n"


def _nothing(*_: object) -> str:
    return ""
