"""What a message would load from strangers or run: readers are promised that no digest does, so none goes that would.

Asked of what goes to the letter, not of what it was made from: a hole in whatever should have left it out is seen here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from html.parser import HTMLParser

from digest.mail.message.tags import Rendered, Tags

_KEPT = 128
"""Digests whose verdict is kept, since a sender posts the same one again and again."""

_LOADING = {
    "img": "an image", "image": "an image", "picture": "an image", "svg": "a drawing", "math": "a formula",
    "input": "a form", "form": "a form", "button": "a form", "script": "a script", "link": "a style sheet",
    "base": "a base for its links", "portal": "a frame", "iframe": "a frame",
    "frame": "a frame", "frameset": "a frame", "object": "an object", "embed": "an object", "applet": "an object",
    "video": "a film", "audio": "a sound", "bgsound": "a sound", "source": "a film", "track": "a film",
}  # fmt: skip
_LOADING_ATTRIBUTES = frozenset(
    [
        "src", "srcset", "background", "poster", "data", "action", "formaction", "ping", "lowsrc", "dynsrc",
        "xlink:href", "manifest", "codebase", "longdesc", "imagesrcset", "http-equiv",
    ]
)  # fmt: skip
_STYLE = re.compile(r"url\s*\(|@import|image-set|expression\s*\(|behavior\s*:|-moz-binding|\\", re.IGNORECASE)
_RUNNING = re.compile(r"(?:java|vb)script:|data:", re.IGNORECASE)
_IGNORED = re.compile(r"[\x00-\x20]")
"""What programs leave out of an address before they follow it."""
_CONDITIONAL = re.compile(r"\[if\s[^\]]*\]>(.*?)(?:<!\s*\[endif\]|\Z)", re.DOTALL | re.IGNORECASE)


def foreign_in(html: str) -> list[str]:
    """What the HTML of a message would load or run, a few words each; nothing where all is well."""
    reader = _Watch()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:  # so Python's parser says of a declaration that it does not know, as in <![foo[
        reader.found.append("markup that nobody can read")
    return list(dict.fromkeys(reader.found))


def hash_of(rendered: Rendered) -> str:
    """What tells a digest from any other, to the letter."""
    return sha256("\0".join((rendered.subject, rendered.text, rendered.html)).encode()).hexdigest()


@lru_cache(_KEPT)
def why_not_to_send(rendered: Rendered, tags: Tags, stored_hash: str) -> str:
    """Why a digest that was stored with this hash must not be posted; empty where it may be."""
    if found := foreign_in(rendered.html):
        return f"the digest would carry {' and '.join(found)}"
    if hash_of(rendered) != stored_hash:
        return "the digest is not what was frozen: somebody has changed its links or its words in the database"
    if not all(tags.unsubscribe in part for part in (rendered.text, rendered.html)):
        return "the digest has no link to unsubscribe by"
    return ""


class _Watch(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if thing := _LOADING.get(tag.rpartition(":")[2]):
            self.found.append(f"{thing} (<{tag}>)")
        for name, value in attrs:
            if name in _LOADING_ATTRIBUTES:
                self.found.append(f"something that is loaded (“{name}”)")
            elif name.startswith("on"):
                self.found.append(f"a script (“{name}”)")
            elif name == "href" and _RUNNING.match(_IGNORED.sub("", value or "")):
                self.found.append("a link that runs a script")
            elif name == "style":
                self._look_at_style(value or "")

    def handle_endtag(self, _tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._look_at_style(data)

    def handle_comment(self, data: str) -> None:
        """Outlook reads what stands in a conditional comment."""
        for inside in _CONDITIONAL.findall(data):
            self.found += foreign_in(inside)

    def _look_at_style(self, css: str) -> None:
        if _STYLE.search(css):
            self.found.append("a style that loads something")
