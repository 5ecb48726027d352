"""The most common block, a paragraph on one line, told by its first character before any other rule looks at it.

Importing an archive reads hundreds of thousands of them, and each would be refused by ten rules first.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.paragraph import paragraph

_OPENING = "“„«‘\"'"


def teach(parser: MarkdownIt) -> None:
    """Put this rule into a parser, as the first of its blocks: to be called after all others have put in theirs."""
    first = parser.get_all_rules()["block"][0]
    parser.block.ruler.before(first, "one_line", _one_line)


def _one_line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Whatever else a block can be begins with another character, or goes on in the next line."""
    begins = state.src[state.bMarks[start] + state.tShift[start]]
    if not (begins.isalpha() or begins in _OPENING):
        return False
    return (start + 1 >= state.lineMax or state.isEmpty(start + 1)) and paragraph(state, start, end, silent)
