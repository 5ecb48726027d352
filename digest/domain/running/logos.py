"""A logo that somebody uploads: what it is, told by its bytes, and what of it is kept. Nothing of its name counts."""

from __future__ import annotations

from dataclasses import dataclass

from digest.domain.running.png import PNG_SIGNATURE, clean_png
from digest.domain.running.svg import clean_svg

LARGEST = 40_000
"""In bytes: every page shows it, and the first view of a page has room for 50,000."""
TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_LEAST_SIDE, _LONGEST_SIDE = 16, 2_000
_SHAPES = (1 / 3, 12.0)


@dataclass(frozen=True)
class CleanLogo:
    """What is kept of it: only what draws. The size is in its own pixels or units."""

    kind: str
    content: bytes
    width: int
    height: int


def clean(content: bytes) -> CleanLogo:
    """The logo, if it is a sound PNG, or an SVG that only draws. Raises ValueError with the remedy."""
    if len(content) > LARGEST:
        raise ValueError(
            f"The logo has {len(content):,} bytes; {LARGEST:,} is the most. Save it smaller, or as an SVG."
        )
    if content.startswith(PNG_SIGNATURE):
        kind, (kept, width, height) = "png", clean_png(content)
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        kind, (kept, width, height) = "svg", clean_svg(content)
    else:
        raise ValueError("This file is neither a PNG nor an SVG, whatever its name says. Save the logo as one of them.")
    _check_size(width, height)
    return CleanLogo(kind, kept, width, height)


def shown(width: int, height: int, tallest: int = 40, widest: int = 240) -> tuple[int, int]:
    """How large a page shows it, in CSS pixels, so that nothing moves when it arrives."""
    scale = min(tallest / height, widest / width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _check_size(width: int, height: int) -> None:
    if not (min(width, height) >= _LEAST_SIDE and max(width, height) <= _LONGEST_SIDE):
        raise ValueError(
            f"The logo is {width} by {height}; each side needs {_LEAST_SIDE} to {_LONGEST_SIDE:,}. Scale it first."
        )
    if not _SHAPES[0] <= width / height <= _SHAPES[1]:
        raise ValueError(f"The logo is {width} by {height}: too narrow or too long for the head of a page. Crop it.")
