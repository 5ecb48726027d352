"""premailer and cssutils with every way to the network and to files taken out, not forbidden.

premailer reaches for a stylesheet through `_load_external`, cssutils through its parser's fetcher, for each `@import`,
however it is spelled, nested or hidden. Both get nothing here, so whatever a document says, nothing is asked for.
Importing this module costs 15 MB (lxml, cssutils, requests).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

import premailer.premailer
from cssutils import CSSParser
from lxml import etree
from lxml.cssselect import CSSSelector
from premailer import Premailer
from premailer.merge_style import csstext_to_pairs

_OPTIONS: Mapping[str, Any] = {
    "disable_validation": True,
    "cssutils_logging_level": logging.CRITICAL,
    "strip_important": False,
    "disable_basic_attributes": ["width", "height"],
}
_KEPT = 512
"""Selectors, and declarations: our sheet has some hundred of each."""

_Rules = tuple[list[Any], list[Any]]


def inline(document: str) -> str:
    """The HTML document with its style blocks inlined, without elements that load styles or turn where links lead."""
    stripped = document.strip()
    tree = etree.fromstring(stripped, etree.HTMLParser(no_network=True)).getroottree()
    etree.strip_elements(tree, "link", "base", with_tail=False)
    _OfflinePremailer(**_OPTIONS).transform(tree.getroot())
    doctype = stripped.startswith(tree.docinfo.doctype)  # lxml makes one up where there is none
    html: str = etree.tostring(tree if doctype else tree.getroot(), method="html", encoding="utf-8").decode()
    return html


class _OfflinePremailer(Premailer):  # type: ignore[misc]
    def __init__(self, **options: object) -> None:
        super().__init__(**options, allow_network=False, session=_NoSession())

    def _load_external(self, _url: str) -> str:
        return ""

    def _load_external_url(self, _url: str) -> str:
        return ""

    def _parse_style_rules(self, css: str, index: int) -> _Rules:
        return _rules(css, index)

    def parse_rules(self, css: str, index: int) -> _Rules:
        """What premailer makes of a style block each time anew."""
        found: _Rules = super()._parse_style_rules(css, index)
        return found

    def _parse_css_string(self, css: str, validate: bool = True) -> Any:
        return _css.parseString(css, validate=validate)


class _NoSession:
    """Stands where premailer would keep `requests`."""

    def get(self, url: str, **_: object) -> NoReturn:
        raise AssertionError(f"{url} was to be fetched")


def _nothing(_url: str) -> tuple[str, str]:
    """What cssutils gets for every address that it would read: its encoding and its text."""
    return "utf-8", ""


_css = CSSParser(fetcher=_nothing)


@lru_cache(maxsize=32)
def _rules(css: str, index: int) -> _Rules:
    """The rules of a style block, and what of it can't be inlined. Messages share one block, which is taken apart once;
    nobody changes what comes out.
    """
    return _OfflinePremailer(**_OPTIONS).parse_rules(css, index)


# premailer keeps 128 of selectors and declarations together. A digest has more, so most were parsed each time.
premailer.premailer._create_cssselector = lru_cache(maxsize=_KEPT)(CSSSelector)
premailer.premailer.csstext_to_pairs = lru_cache(maxsize=_KEPT)(csstext_to_pairs)
