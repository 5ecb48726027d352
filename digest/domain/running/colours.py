"""An accent colour made fit to read: darkened or lightened until it stands out on every ground (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import lru_cache

LEAST = 4.5
"""The least contrast between a text and its ground."""
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE | re.ASCII)
_STEPS = 50

Colour = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""


@dataclass(frozen=True)
class Shades:
    """What one scheme shows: the accent as text, links and buttons, and a ground softly tinted with it; `#rrggbb`."""

    accent: str
    soft: str


@dataclass(frozen=True)
class Palette:
    """The same accent in both schemes."""

    light: Shades
    dark: Shades


OUR_OWN = Palette(Shades("#0a5c5a", "#e6efed"), Shades("#74c9c2", "#203230"))
LIGHT_GROUNDS = ("#f5f3ee", "#fffefb")
"""Canvas and paper, as `site.css` and mail have them."""
DARK_GROUNDS = ("#14171a", "#1b1f23")


def parse(text: str) -> str:
    """A colour as `#rrggbb`, from `#rgb` or `#rrggbb` with or without the sign. Raises ValueError with the remedy."""
    found = _HEX.fullmatch(text.strip())
    if not found:
        raise ValueError("Write the colour as # and six digits from 0 to f, for example #0a5c5a.")
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


@lru_cache(maxsize=64)
def palette(accent: str) -> Palette:
    """The shades of an accent (`#rrggbb`, or empty for our own). Each has 4.5:1 on canvas, on paper and on its soft."""
    if not accent or accent == OUR_OWN.light.accent:
        return OUR_OWN
    light = _fitted(accent, LIGHT_GROUNDS, tint_of=LIGHT_GROUNDS[1], share=0.1, towards=0.0)
    dark = _fitted(accent, DARK_GROUNDS, tint_of=DARK_GROUNDS[0], share=0.14, towards=1.0)
    return Palette(light, dark)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, “contrast ratio”)."""
    darker, lighter = sorted((_luminance(_values(one)), _luminance(_values(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _fitted(accent: str, grounds: Sequence[str], tint_of: str, share: float, towards: float) -> Shades:
    """The accent in its own hue, as much darker (towards 0) or lighter (towards 1) as will do; black and white do."""
    hue, lightness, saturation = rgb_to_hls(*(part / 255 for part in _values(accent)))
    for step in range(_STEPS + 1):
        moved = lightness + (towards - lightness) * step / _STEPS
        red, green, blue = (round(part * 255) for part in hls_to_rgb(hue, moved, saturation))
        shade = _written((red, green, blue))
        soft = _mixed(_values(tint_of), _values(shade), share)
        if all(contrast(shade, ground) >= LEAST for ground in (*grounds, soft)):
            break
    return Shades(shade, soft)


def _mixed(one: Colour, other: Colour, share: float) -> str:
    """The first colour with that share of the other in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return _written((red, green, blue))


def _values(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _written(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _luminance(colour: Colour) -> float:
    """WCAG 2.2, “relative luminance”."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
