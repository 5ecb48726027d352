"""A document made of parts, each of which has its CSS inlined once, however many documents it stands in.

Inlining is by far the dearest step in making a digest, and the editions of an issue differ in little but the order of
their parts. A part is words alone, or whole table rows whose styles ask for nothing outside them; a template marks
where it begins and ends.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from digest.mail.message.inlining import inlined

_HEAD = re.compile(r"<head\b.*?</head>", re.DOTALL)
_TABLE = re.compile(r"<body\b[^>]*>\s*<table[^>]*>(.*)</table>\s*</body>", re.DOTALL)


class Parts:
    """The parts inlined so far. The marks are random, so that no text can hold one."""

    def __init__(self) -> None:
        key = secrets.token_hex(8)
        self.begin, self.end = f"<!--[{key}-->", f"<!--{key}]-->"
        self._between = f"<!--{key}-->"
        part = re.escape(self.begin) + "(.*?)" + re.escape(self.end)
        self._part, self._run = re.compile(part, re.DOTALL), re.compile(f"(?:{part}\\s*)+", re.DOTALL)
        self._known: dict[str, str] = {}

    def inlined(self, documents: Sequence[str]) -> list[str]:
        """The documents with their styles inlined, without the marks. They share one head."""
        if documents:
            self._learn(documents)
        return [self._inlined(document) for document in documents]

    def _inlined(self, document: str) -> str:
        runs = [self._part.findall(run[0]) for run in self._run.finditer(document)]
        frame = self._run.sub(self._between, document)
        if frame not in self._known:
            self._known[frame] = inlined(frame)
        *firsts, last = self._known[frame].split(self._between)
        if len(firsts) != len(runs) or not all(part in self._known for run in runs for part in run):
            return inlined(document.replace(self.begin, "").replace(self.end, ""))
        filled = ("\n".join(self._known[part] for part in run) for run in runs)
        return "".join(first + parts for first, parts in zip(firsts, filled, strict=True)) + last

    def _learn(self, documents: Sequence[str]) -> None:
        """Inline all parts that are new in one document; where markup of a part reaches beyond it, none is kept."""
        head = _HEAD.search(documents[0])
        new = list(dict.fromkeys(part for document in documents for part in self._part.findall(document)))
        self._known.update((part, part) for part in new if "<" not in part)
        new = [part for part in new if part not in self._known]
        if not new or head is None:
            return
        rows = self._between.join(new)
        found = _TABLE.search(inlined(f"<!DOCTYPE html><html>{head[0]}<body><table>{rows}</table></body></html>"))
        made = found[1].split(self._between) if found else []
        if len(made) == len(new):
            self._known.update(zip(new, made, strict=True))
