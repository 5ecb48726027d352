"""Every accent can be read: text, links and buttons in it, and text on what it tints, in the light and in the dark."""

from __future__ import annotations

import pytest

from digest.domain.running.colours import DARK_GROUNDS, LIGHT_GROUNDS, OUR_OWN, Palette, contrast, palette, parse

INK = {"light": ("#1c2126", "#59626c"), "dark": ("#e8e5de", "#a3abb4")}
"""Text and muted text, as `site.css` has them."""


def test_any_accent_has_enough_contrast_in_both_schemes() -> None:
    for number in (*range(0, 0x1000000, 40_961), 0xFFFFFF):
        look_at(palette(f"#{number:06x}"))


def look_at(shades: Palette) -> None:
    for scheme, shade, grounds in (("light", shades.light, LIGHT_GROUNDS), ("dark", shades.dark, DARK_GROUNDS)):
        for ground in (*grounds, shade.soft):
            assert contrast(shade.accent, ground) >= 4.5
        for text in INK[scheme]:
            assert contrast(text, shade.soft) >= 4.5
    assert contrast("#ffffff", shades.light.accent) >= 4.5  # a button in mail
    assert contrast("#14171a", shades.dark.accent) >= 4.5


def test_an_accent_that_can_be_read_stays_as_it_is_and_another_keeps_its_hue() -> None:
    assert palette("#c1121f").light.accent == "#c1121f"
    assert palette("#ffd500").dark.accent == "#ffd500"
    red, green, blue = (int(palette("#ffd500").light.accent[at : at + 2], 16) for at in (1, 3, 5))
    assert red > green > blue == 0


def test_our_own_is_as_the_style_sheet_has_it() -> None:
    assert palette("") == palette("#0a5c5a") == OUR_OWN


@pytest.mark.parametrize(("text", "colour"), [("#FFD500", "#ffd500"), ("abc", "#aabbcc"), (" #0B1A4A ", "#0b1a4a")])
def test_a_colour_is_read_as_people_write_it(text: str, colour: str) -> None:
    assert parse(text) == colour


@pytest.mark.parametrize("text", ["", "yellow", "#ffff", "#12345g", "#fff;}body{", "#١٢٣"])
def test_what_is_no_colour_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        parse(text)
