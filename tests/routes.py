"""Routes compiled once: Werkzeug writes two small functions for each, which is most of what a site of a test costs."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing.rules import Rule

_Builder = Callable[..., tuple[str, str]]


def keep_what_routes_compile_to() -> None:
    """From now on a rule that is written like an earlier one, in whichever site, takes over what that was made to."""
    compiled: dict[tuple[object, ...], _Builder] = {}
    compile_anew = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> _Builder:
        key = (*rule._trace, *sorted((rule.defaults or {}).items()), append_unknown)
        if key not in compiled:
            compiled[key] = compile_anew(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign, assignment]
