"""The picture that a link to a summary shows elsewhere: its headline, drawn, 1,200 by 630 as link previews take it.

Browsers can't draw it for us, and what fetches it runs no scripts. The typeface comes with a package, since a server
may have none; it has Latin, Greek and Cyrillic letters. What it can't draw is left out rather than shown as boxes.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_SIZE = (1200, 630)
_EDGE, _TOP = 80, 64
_GROUND, _INK, _MUTED, _ACCENT = "#fffefb", "#1c2126", "#59626c", "#0a5c5a"
_HEADLINES = (72, 64, 56, 48, 42)
"""Sizes that a headline may have, in pixels: the largest in which it fits."""
_MOST_LINES = 5
_ALIKE = {
    0x2010: "-",
    0x2011: "-",
    0x2012: "–",
    0x2015: "—",
    0x2212: "–",
    0x2032: "’",
    0x2033: "”",
    0x202F: " ",
    0x20E3: None,
    0xFE0E: None,
    0xFE0F: None,
}
"""Signs that the typeface may lack, and how they are written where it does."""
_KEPT = 128
"""Pictures that each process keeps: some 4 MB."""


@lru_cache(_KEPT)
def picture_of(site_name: str, title: str, about: str) -> bytes:
    """A PNG with these words."""
    picture = Image.new("RGB", _SIZE, _GROUND)
    draw = ImageDraw.Draw(picture)
    width, height = _SIZE
    site_name, title, about = map(_as_drawn, (site_name, title, about))
    if _can_draw(site_name):
        draw.text((_EDGE, _TOP), _cut(site_name, _font("Bold", 40)), font=_font("Bold", 40), fill=_INK)
    for rule in (_TOP + 66, _TOP + 72):
        draw.line(((_EDGE, rule), (width - _EDGE, rule)), fill=_INK, width=2)
    if _can_draw(title):
        size, lines = _fitting(title)
        top = _TOP + 104
        for number, line in enumerate(lines):
            draw.text((_EDGE, top + number * round(size * 1.18)), line, font=_font("Bold", size), fill=_INK)
    if _can_draw(about):
        draw.text((_EDGE, height - 92), _cut(about, _font("Regular", 32)), font=_font("Regular", 32), fill=_MUTED)
    draw.rectangle(((0, height - 16), (width, height)), fill=_ACCENT)
    kept = BytesIO()
    picture.quantize(32, Image.Quantize.FASTOCTREE).save(kept, "PNG")
    return kept.getvalue()


def _fitting(title: str) -> tuple[int, list[str]]:
    room = _SIZE[1] - (_TOP + 104) - 110
    for size in _HEADLINES:
        lines = _broken(title, _font("Bold", size))
        if len(lines) <= _MOST_LINES and len(lines) * size * 1.18 <= room:
            return size, lines
    size = _HEADLINES[-1]
    lines = _broken(title, _font("Bold", size))[:_MOST_LINES]
    return size, [*lines[:-1], _cut(f"{lines[-1]} …", _font("Bold", size))]


def _broken(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > _SIZE[0] - 2 * _EDGE:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_cut(line, font) for line in lines]


def _cut(line: str, font: ImageFont.FreeTypeFont) -> str:
    """The line, or as much of it as fits, with an ellipsis."""
    if font.getlength(line) <= _SIZE[0] - 2 * _EDGE:
        return line
    while line and font.getlength(f"{line}…") > _SIZE[0] - 2 * _EDGE:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _as_drawn(text: str) -> str:
    """The text with what the typeface lacks in a form that it has, and without signs that are no words: pictures and
    what nobody sees. Letters stay, so that no word is shown in part.
    """
    if _can_draw(text):
        return text
    composed = unicodedata.normalize("NFC", text)
    drawn = (each if _can_draw(each) else unicodedata.normalize("NFKC", each.translate(_ALIKE)) for each in composed)
    return " ".join("".join(each for each in "".join(drawn) if _can_draw(each) or _is_of_a_word(each)).split())


def _is_of_a_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def _can_draw(text: str) -> bool:
    font = _font("Regular", 20)
    return all(_has(font, character) for character in set(text) if not character.isspace())


def _has(font: ImageFont.FreeTypeFont, character: str) -> bool:
    drawn, missing = font.getmask(character), font.getmask("\U0010ffff")
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)


@cache
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    file = files("font_source_serif_pro") / "files" / f"SourceSerifPro-{weight}.otf"
    return ImageFont.truetype(BytesIO(file.read_bytes()), size, layout_engine=ImageFont.Layout.BASIC)
