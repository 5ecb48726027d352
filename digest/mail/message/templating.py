"""Templates filled in: every message is a folder with subject.txt, body.txt and body.html."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from digest.config.catalogues import Language, speaking
from digest.config.languages import ENGLISH
from digest.domain.issues.edition import Source
from digest.domain.running.colours import palette
from digest.domain.shared.iris import as_uri
from digest.mail.message.inlining import for_mail, inlined
from digest.mail.message.plaintext import as_text
from digest.mail.message.tags import Rendered
from digest.mail.message.wrapping import wrap

_KEPT = 64
"""Texts of items that are kept, since the editions of an issue share them."""


@dataclass(frozen=True)
class Identity:
    """Who writes: the site's name and URL (no trailing slash), its postal address, the sender, where replies go."""

    name: str
    url: str
    postal_address: str
    sender: str
    reply_to: str
    language: str = ENGLISH
    """What readers are written to in; editors are, in English."""
    accent: str = ""
    """`#rrggbb`; empty for our own."""

    def named(self, name: str) -> Identity:
        """The same under another name; as it is, where there is none."""
        return replace(self, name=name) if name else self


_OF_READERS = frozenset(
    ("already_subscribed", "confirmation", "digest", "erased", "move", "moved", "own_page", "returned", "welcome")
)
"""The messages that come in the publication's own language; editors are written to in English."""


def template_folder() -> Path:
    """Where the templates are: beside the package in a source checkout, inside it in an installed wheel."""
    package = Path(__file__).parents[2]
    checkout = package.parent / "templates"
    return checkout if (checkout / "email").is_dir() else package / "templates"


def fill(message: str, identity: Identity, **values: object) -> Rendered:
    """The message of that name, its CSS inlined. Raises ValueError where the subject could break a header."""
    filled = fill_only(message, identity, **values)
    return Rendered(filled.subject, filled.text, inlined(filled.html))


def fill_only(message: str, identity: Identity, **values: object) -> Rendered:
    """As `fill`, but the HTML's CSS is still to be inlined."""
    language = speaking(identity.language if message in _OF_READERS else ENGLISH)
    ours = {"identity": identity, "palette": palette(identity.accent), "language": language, "part": _Unmarked()}
    given = {**ours, **values}
    subject, text, html = (
        _environment(language).get_template(f"{message}/{part}").render(given)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Rendered(safe_subject(subject), text.strip("\n") + "\n", html)


@dataclass(frozen=True)
class _Unmarked:
    """Stands for `digest.mail.message.parts.Parts` where a message is inlined as a whole."""

    begin: str = ""
    end: str = ""


def safe_subject(subject: str) -> str:
    """The subject itself. Raises ValueError for a line break, a control character or nothing at all."""
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in subject):
        raise ValueError(f"Subject {subject!r}: take out line breaks and control characters, and write it on one line.")
    if not subject.strip():
        raise ValueError("The subject is empty: write one line of text.")
    return subject


def counted(number: int, one: str, many: str) -> str:
    """`1 story`, `2,431 readers`."""
    return f"{number:,} {one if number == 1 else many}"


def listed(names: Sequence[str], tag: str = ENGLISH) -> str:
    """`AI`, `AI and Courts`, `AI, Courts and Fines`."""
    if len(names) < 2:
        return "".join(names)
    return speaking(tag).gettext("%(first)s and %(last)s", first=", ".join(names[:-1]), last=names[-1])


def labelled(sources: Sequence[Source]) -> list[tuple[str, str]]:
    """A label and URL (in ASCII) for each source: its publication, or its title where a publication comes twice."""
    uses = Counter(source.publication for source in sources)
    return [
        (source.title if uses[source.publication] > 1 and source.title else source.publication, as_uri(source.url))
        for source in sources
    ]


@lru_cache(_KEPT)
def _texts(html: str) -> str:
    return as_text(html)


@lru_cache(_KEPT)
def _marked_up(body: str) -> Markup:
    return Markup(for_mail(body))  # noqa: S704  sanitised when it was stored


@lru_cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=FileSystemLoader(template_folder() / "email"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        as_text=_texts,
        wrap=wrap,
        for_mail=_marked_up,
        long_day=language.long_day,
        short_day=language.day,
        moment=language.moment,
        counted=counted,
        labelled=labelled,
        listed=partial(listed, tag=language.tag),
        number=language.number,
    )
    environment.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    return environment
