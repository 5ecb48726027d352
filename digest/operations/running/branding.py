"""Making the publication one's own: what an admin changes on the desk, over what the settings say."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from digest.config.languages import NAMES
from digest.domain.people.acts import Act
from digest.domain.running import colours, logos
from digest.domain.running.branding import LONGEST_ABOUT, LONGEST_NAME, LONGEST_SIGN_UP, LONGEST_TAGLINE, Branding
from digest.domain.running.logos import CleanLogo
from digest.domain.shared.invisible import invisible_in
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.storage.running.branding import DeskBranding, branding_for_change

_LONGEST = {
    "name": (LONGEST_NAME, "The name"),
    "tagline": (LONGEST_TAGLINE, "The tagline"),
    "about": (LONGEST_ABOUT, "The text about you"),
    "sign_up": (LONGEST_SIGN_UP, "The words above the form"),
}
MEANWHILE = (
    "Somebody else has changed this page meanwhile, and nothing was saved. What you typed is still here: look at the "
    "page in another window, then save once more."
)
_SPOKEN = {
    "name": "name",
    "language": "language",
    "tagline": "tagline",
    "accent": "accent",
    "about": "text about it",
    "sign_up": "sign-up words",
    "logo_key": "logo",
    "logo_says_name": "what the logo says",
}


@dataclass(frozen=True)
class Typed:
    """The form of the desk: everything that is to be from now on. Without a new logo, the old one stays."""

    name: str
    language: str
    tagline: str
    accent: str
    about: str
    sign_up: str
    seen: str
    """The version that the form began from (`storage.running.branding.branding_version`)."""
    logo: bytes = b""
    without_logo: bool = False
    logo_says_name: bool = False


class UnfitBranding(Exception):
    """What was typed can't be used; `faults` has a sentence for each field that is at fault."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


def change_branding(context: Context, default: Branding, typed: Typed, who: str) -> tuple[str, ...]:
    """Keep what differs from the `default` of the settings; returns what changed, in words.

    Raises UnfitBranding, and then nothing is kept.
    """
    accent, logo = _checked(typed)
    texts = {"name": typed.name, "language": typed.language, "tagline": typed.tagline, "about": typed.about}
    texts |= {"accent": accent if accent != colours.OUR_OWN.light.accent else "", "sign_up": typed.sign_up}
    with context.db.writing() as session:
        row = branding_for_change(session)
        if typed.seen != row.version:
            raise UnfitBranding({"name": MEANWHILE})
        before = {name: getattr(row, name) for name in _SPOKEN}
        for name, text in texts.items():
            setattr(row, name, "" if text == getattr(default, name) else text)
        _keep_logo(row, typed, logo)
        changed = tuple(words for name, words in _SPOKEN.items() if getattr(row, name) != before[name])
        if changed:
            row.changed_at = context.now
            audit.note(context.within(session), who, Act.BRANDED, ", ".join(changed))
    return changed


def _checked(typed: Typed) -> tuple[str, CleanLogo | None]:
    faults, accent, logo = {}, "", None
    for name, (most, spoken) in _LONGEST.items():
        text = getattr(typed, name)
        if len(text) > most:
            faults[name] = f"{spoken} has {len(text):,} characters; {most:,} is the most. Shorten it."
        elif name != "about" and invisible_in(text):
            faults[name] = f"{spoken} has a character that nobody sees. Type it again."
    if not typed.name:
        faults["name"] = "Give the publication a name."
    if typed.language not in NAMES:
        faults["language"] = f"Choose one of {', '.join(NAMES.values())}."
    try:
        accent = colours.parse(typed.accent) if typed.accent else ""
    except ValueError as error:
        faults["accent"] = str(error)
    try:
        logo = logos.clean(typed.logo) if typed.logo else None
    except ValueError as error:
        faults["logo"] = str(error)
    if faults:
        raise UnfitBranding(faults)
    return accent, logo


def _keep_logo(row: DeskBranding, typed: Typed, logo: CleanLogo | None) -> None:
    if logo:
        row.logo, row.logo_kind, row.logo_width, row.logo_height = logo.content, logo.kind, logo.width, logo.height
        row.logo_key = sha256(logo.content).hexdigest()[:32]
    elif typed.without_logo:
        row.logo, row.logo_kind, row.logo_key, row.logo_width, row.logo_height = b"", "", "", 0, 0
    row.logo_says_name = bool(row.logo_kind) and typed.logo_says_name
