"""A summary as others cite it: one line of text, BibTeX, CSL-JSON; each says as at which day, in words given to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_SPECIAL = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces even behind a backslash, and reads on to the end of the file where one has no partner.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
}
_IN_AN_ADDRESS = {"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NOT_A_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class CitationWords:
    """A language's own words: `footnote` has places for title, site, published, day and url, `note` for publication
    and day; `day` writes a date.
    """

    footnote: str
    note: str
    day: Callable[[date], str]


@dataclass(frozen=True)
class Citation:
    """What is cited. `url` is the address that shows what stood on the day `as_at`, in ASCII."""

    summary_id: int
    title: str
    site: str
    publication: str
    published_on: date
    url: str
    as_at: date
    language: str
    words: CitationWords

    @property
    def text(self) -> str:
        """For a footnote: `“Title”, Site, 15 May 2024, as at 29 November 2026, https://…`."""
        said = {"title": _one_line(self.title), "site": _one_line(self.site), "url": self.url}
        days = {"published": self.words.day(self.published_on), "day": self.words.day(self.as_at)}
        return self.words.footnote % (said | days)

    @property
    def key(self) -> str:
        """What the entry is cited by, and the name of a file with it: `privacy-digest-12-2026-11-29`."""
        site = _NOT_A_KEY.sub("-", self.site.lower()).strip("-") or "summary"
        return f"{site}-{self.summary_id}-{self.as_at.isoformat()}"

    @property
    def bibtex(self) -> str:
        """One BibTeX entry; `url` and `urldate` are biblatex's, and older styles pass them over."""
        day, about = self.published_on, self._note
        fields = {
            "author": f"{{{{{_tex(self.site)}}}}}",
            "title": f"{{{{{_tex(self.title)}}}}}",
            "howpublished": f"{{{_tex(self.site)}}}",
            "year": f"{{{day.year}}}",
            "month": _MONTHS[day.month - 1],
            "day": f"{{{day.day}}}",
            "date": f"{{{day.isoformat()}}}",
            "url": f"{{{''.join(_IN_AN_ADDRESS.get(each, each) for each in self.url)}}}",
            "urldate": f"{{{self.as_at.isoformat()}}}",
            "note": f"{{{_tex(about)}}}",
        }
        lines = ",\n".join(f"  {name} = {value}" for name, value in fields.items())
        return f"@misc{{{self.key},\n{lines}\n}}\n"

    @property
    def csl_json(self) -> str:
        """A list with one item, as reference managers import it (citationstyles.org, CSL-JSON)."""
        item = {
            "id": self.key,
            "type": "webpage",
            "title": _one_line(self.title),
            "author": [{"literal": _one_line(self.site)}],
            "container-title": _one_line(self.site),
            "issued": {"date-parts": [_parts(self.published_on)]},
            "accessed": {"date-parts": [_parts(self.as_at)]},
            "URL": self.url,
            "language": self.language,
            "note": self._note,
        }
        return json.dumps([item], ensure_ascii=False, indent=2) + "\n"

    @property
    def _note(self) -> str:
        return self.words.note % {"publication": _one_line(self.publication), "day": self.words.day(self.as_at)}


def _tex(text: str) -> str:
    return "".join(_SPECIAL.get(each, each) for each in _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _parts(day: date) -> list[int]:
    return [day.year, day.month, day.day]
