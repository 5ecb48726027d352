"""What word processors say by styles and classes instead of elements: emphasis, list entries, what is hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LEVEL = re.compile(r"\blevel(\d)", re.IGNORECASE)
_LIST_CLASS = re.compile(r"\bMsoListParagraph", re.IGNORECASE)
_MARKER = re.compile(
    r"^((?:\s|<(?!br>)[^>]*>)*)([•·▪◦‣●○■§oØ–—\-\uf020-\uf0ff]|\(?(?:\d{1,9}|[A-Za-z]{1,4})[.)])"
    r"(?:[ \t\n\xa0]|<[^>]*>)*[\t\xa0]((?:<[^>]*>)*)[ \t\n\xa0]*"
)
_NUMBER = re.compile(r"\(?(?:(\d{1,9})|([ivxlcdm]{2,}|[ivx])|([IVXLCDM]{2,}|[IVX])|([a-z])|([A-Z]))[.)]$")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


@dataclass(frozen=True)
class Styles:
    """What an element's style and class mean."""

    emphasis: tuple[str, ...] = ()
    plain: frozenset[str] = frozenset()
    hidden: bool = False
    level: int = 0
    """Of a list entry, from 1; 0 for anything else."""
    marker: bool = False
    """It holds an entry's bullet or number, and the gap behind it."""

    def undoes(self, tag: str) -> bool:
        """Whether the style takes back what the element says; Google Docs wraps everything in such a `b`."""
        return tag in self.plain


_NOTHING = Styles()


def styles_of(given: dict[str, str]) -> Styles:
    """What the attributes of an element mean."""
    if not given.keys() & {"style", "class", "hidden"}:
        return _NOTHING
    said = _declared(given.get("style", ""))
    weight, slant, list_ = said.get("font-weight", ""), said.get("font-style", ""), said.get("mso-list", "")
    level = _LEVEL.search(list_)
    in_list = bool(_LIST_CLASS.search(given.get("class", ""))) and list_ != "none"
    return Styles(
        emphasis=tuple(_emphasis(said, weight, slant)),
        plain=frozenset(
            ({"b", "strong"} if weight in ("normal", "400", "lighter") else set())
            | ({"i", "em"} if slant == "normal" else set())
        ),
        hidden="hidden" in given or said.get("display") == "none" or said.get("mso-hide") == "all",
        level=min(int(level[1]), 9) if level else int(in_list),
        marker=list_ == "ignore",
    )


def _emphasis(said: dict[str, str], weight: str, slant: str) -> list[str]:
    found = []
    if weight.startswith("bold") or (weight.isdigit() and int(weight[:4]) >= 600):
        found.append("strong")
    if slant.startswith(("italic", "oblique")):
        found.append("em")
    if "line-through" in said.get("text-decoration", "") + said.get("text-decoration-line", ""):
        found.append("s")
    raised = said.get("vertical-align")
    if raised in ("super", "sub"):
        found.append("sup" if raised == "super" else "sub")
    return found


def _declared(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs if value.strip()}


def without_marker(words: str) -> tuple[str, str]:
    """An entry's HTML without the bullet or number it begins with, and that; itself and "" where there is none."""
    found = _MARKER.match(words)
    return (found[1] + found[3] + words[found.end() :], found[2]) if found else (words, "")


def entry_of(marker: str) -> tuple[str, str]:
    """The list of an entry with this marker, `ul` or `ol type="a"`, and where that begins, ` start="3"`."""
    found = _NUMBER.match(marker.strip(" \t\n\xa0"))
    if not found:
        return "ul", ""
    number, lower_roman, upper_roman, lower, upper = found.groups()
    kind = next((each for each, there in zip("1iIaA", found.groups(), strict=True) if there), "1")
    roman = lower_roman or upper_roman
    start = int(number) if number else _from_roman(roman.lower()) if roman else ord((lower or upper).lower()) - 96
    return "ol" if kind == "1" else f'ol type="{kind}"', f' start="{start}"' if start != 1 else ""


def _from_roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(-here if here < after else here for here, after in zip(values, [*values[1:], 0], strict=True))
