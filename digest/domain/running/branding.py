"""What makes a publication its own: what it is called, what it says of itself, its colour and its logo."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from digest.domain.shared.stored import known, packed, unpacked

_NAME, _VERSION = "publication’s words", 1

LONGEST_NAME = 80
LONGEST_TAGLINE = 160
LONGEST_ABOUT = 4_000
LONGEST_SIGN_UP = 300


@dataclass(frozen=True)
class Logo:
    """A logo as pages refer to it: what it is (`svg` or `png`), a name that changes with it, and its size in pixels."""

    kind: str
    key: str
    width: int
    height: int
    says_name: bool
    """Whether the name can be read in it, so that it isn't written beside it."""


@dataclass(frozen=True)
class Branding:
    """A publication as readers meet it. What is empty is not said; an empty accent is our own."""

    name: str
    language: str
    """A tag of RFC 5646 that we have a catalogue for: `en-GB`, `de`."""
    tagline: str = ""
    accent: str = ""
    """`#rrggbb`, as chosen: `domain.running.colours` makes of it what can be read."""
    about: str = ""
    """Who publishes this, in Markdown."""
    sign_up: str = ""
    """A sentence or two above the form; never the consent, which has its own wording."""
    logo: Logo | None = None


def to_json(branding: Branding) -> str:
    """What mail shows of it, as a closed digest keeps it: no logo is in a message."""
    values = asdict(branding)
    return packed({name: values[name] for name in ("name", "language", "tagline", "accent")}, _VERSION)


def from_json(text: str, now: Branding) -> Branding:
    """What `to_json` stored; what it lacks, and all of it where the text is empty, is as it is now."""
    if not text:
        return now
    stored = unpacked(text, _VERSION, _NAME)
    return Branding(**known(Branding, stored, vars(now), _NAME))
