"""One thing, one word: what a name means doesn't depend on the file that it is read in."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import digest

_ROOT = Path(digest.__file__).parent


def test_no_public_class_name_is_defined_twice() -> None:
    homes = defaultdict(list)
    for path in _ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(_ROOT)))
    assert len(homes) > 100
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}
