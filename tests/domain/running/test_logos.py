"""A logo is only a drawing: what of a file is kept, and every way to have it do more is refused in words."""

from __future__ import annotations

import struct
import time
import zlib

import pytest
from lxml import etree

from digest.domain.running.logos import LARGEST, clean, shown

DRAWN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32"><path d="M0 0h64v32z" fill="#0a5c5a"/></svg>'


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def png(width: int = 64, height: int = 32, pixels: bytes | None = None, *more: bytes, tail: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress((b"\0" + b"\x0a\x5c\x5a" * width) * height if pixels is None else pixels)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"") + tail


def inside(markup: str, root: str = "") -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 64 32"{root}>'
        f"{markup}</svg>"
    ).encode()


def test_a_drawing_is_kept_as_it_is_with_its_size() -> None:
    logo = clean(DRAWN)
    assert (logo.kind, logo.width, logo.height) == ("svg", 64, 32)
    assert b'<path d="M0 0h64v32z" fill="#0a5c5a"/>' in logo.content
    assert shown(logo.width, logo.height) == (80, 40)


def test_what_drawing_programs_note_for_themselves_is_left_out() -> None:
    logo = clean(
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
        + inside(
            '<!-- made by A --><metadata>author <b xmlns="">x</b></metadata><title>Logo</title><i:pgf xmlns:i="http://ns.x/"/>'
            '<g i:label="1" data-name="a" id="a" xmlns:i="http://ns.x/"><path d="M0 0h9" style="fill:rgb(1,2,3)"/></g>'
            '<linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient><rect fill="url(#g)"/>'
            '<use xlink:href="#a"/>'
        )
    )
    text = logo.content.decode()
    assert "author" not in text
    assert "ns.x" not in text
    assert "DOCTYPE" not in text
    assert "data-name" not in text
    assert 'fill="url(#g)"' in text
    assert '<use href="#a"/>' in text


HOSTILE = [
    inside("<script>alert(1)</script>"),
    inside('<script href="https://evil.example/x.js"/>'),
    inside("", ' onload="alert(1)"'),
    inside("", ' onload="evil"'),
    inside('<rect onclick="alert(1)"/>'),
    inside('<a href="javascript:alert(1)"><rect/></a>'),
    inside('<a xlink:href="https://evil.example/"><rect/></a>'),
    inside('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="x"/></body></foreignObject>'),
    inside('<iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example/"/>'),
    inside('<script xmlns="">alert(1)</script>'),
    inside('<image href="https://evil.example/pixel.png"/>'),
    inside('<image href="data:image/svg+xml;base64,PHN2Zz4="/>'),
    inside('<use href="https://evil.example/sprite.svg#a"/>'),
    inside('<use xlink:href="data:image/svg+xml,x#a"/>'),
    inside('<rect fill="url(https://evil.example/#a)"/>'),
    inside('<rect fill="url( //evil.example )"/>'),
    inside('<rect fill="url(#a) url(https://evil.example)"/>'),
    inside('<rect style="fill:url(#g)"/>'),
    inside('<rect style="background:u\\72l(https://evil.example)"/>'),
    inside("<style>rect{fill:url(https://evil.example)}</style>"),
    inside('<style>@import "https://evil.example/x.css";</style>'),
    inside('<style>rect{background:image-set("https://evil.example/x.png" 1x)}</style>'),
    inside("<style>rect{fill:ur/**/l(x)}</style>"),
    inside("<style><![CDATA[@import 'https://evil.example';]]></style>"),
    inside("<style>&#64;import 'https://evil.example';</style>"),
    inside('<animate attributeName="href" values="javascript:alert(1)"/>'),
    inside('<set attributeName="onload" to="alert(1)"/>'),
    inside('<filter id="f"><feImage href="https://evil.example"/></filter>'),
    inside('<handler type="text/javascript">alert(1)</handler>'),
    b'<?xml-stylesheet href="https://evil.example/x.css"?>' + DRAWN,
    b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + inside("<text>&x;</text>"),
    b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + inside("<text>&b;</text>"),
    b'<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd" [ ]>' + DRAWN,
    inside("<text>&x;</text>"),
    inside('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
    inside("<g/>" * 2_500),
    inside("", ' height="NaN"').replace(b"0 0 64 32", b"0 0 nan inf"),
    DRAWN.decode().encode("utf-16"),
    b"<html><script>alert(1)</script></html>",
    b"<svg><path/></svg>",
    b"GIF89a" + bytes(40),
    b"",
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_could_act_or_fetch_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(The|This) .*\.$"):
        clean(content)


@pytest.mark.parametrize("filling", ["a" * 39_000, " " * 39_000, "(" * 39_000, "a(" * 19_000])
def test_a_style_of_any_length_is_judged_at_once(filling: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ValueError, match="style"):
        clean(inside(f"<style>{filling}@</style>"))
    assert time.perf_counter() - started < 1


def test_what_comes_out_is_clean_again() -> None:
    once = clean(inside('<g id="a"><path d="M0 0"/></g><use href="#a"/>'))
    assert clean(once.content).content == once.content
    assert etree.fromstring(once.content).get("width") == "64"


def test_a_png_is_told_by_its_bytes_and_keeps_only_what_draws() -> None:
    noted = png(64, 32, None, chunk(b"tEXt", b"Author\0alice@example.org"), tail=b"<script>alert(1)</script>")
    logo = clean(noted)
    assert (logo.kind, logo.width, logo.height) == ("png", 64, 32)
    assert logo.content == png()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (png()[:-20], "damaged"),
        (png().replace(b"IDAT", b"IDAx"), "damaged"),
        (png(pixels=b"\0" * 10_000_000), "damaged"),  # unpacks to more than the size says
        (png(pixels=b"short"), "damaged"),
        (png(50_000, 50_000, b""), "50,000"),
        (png(8, 8), "each side needs"),
        (png(640, 16), "too narrow or too long"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (png(tail=bytes(LARGEST)), "is the most"),
    ],
)
def test_a_png_that_is_none_or_too_much_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        clean(content)
