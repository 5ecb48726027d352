"""Routes compiled once: Werkzeug takes each apart and writes two functions, most of what a site of a test costs."""

from __future__ import annotations

from typing import Any

from werkzeug.routing.rules import Rule

_MADE = ("_parts", "_trace", "_converters", "arguments")


def keep_what_routes_compile_to() -> None:
    """From now on a rule that is written like an earlier one, in whichever site, takes over what that was made to."""
    compiled: dict[tuple[object, ...], tuple[dict[str, Any], Any, Any]] = {}
    compile_anew = Rule.compile

    def compile_once(rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, *sorted((rule.defaults or {}).items()))
        if key not in compiled:
            compile_anew(rule)
            made = {name: getattr(rule, name) for name in _MADE}
            compiled[key] = (made, rule._build.__func__, rule._build_unknown.__func__)  # type: ignore[attr-defined]
            return
        made, build, build_unknown = compiled[key]
        vars(rule).update(made)
        rule._build = build.__get__(rule, None)
        rule._build_unknown = build_unknown.__get__(rule, None)

    Rule.compile = compile_once  # type: ignore[method-assign, assignment]
