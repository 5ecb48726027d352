"""An SVG that only draws: built anew from a list of elements and attributes; whatever could act or fetch is refused.

What drawing programs note for themselves (metadata, their own namespaces, comments) is left out. Anything else that is
not on the list is refused by name, since a logo with a part taken out silently would be another one.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterator

from lxml import etree

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_ELEMENTS = frozenset(
    """svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan
    linearGradient radialGradient stop clipPath mask style""".split()  # noqa: SIM905
)
_ATTRIBUTES = frozenset(
    """id class style transform viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points
    dx dy rotate offset gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits pathLength
    version overflow display visibility opacity color fill fill-opacity fill-rule stroke stroke-width stroke-opacity
    stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset stop-color stop-opacity
    clip-path clip-rule mask mask-type vector-effect shape-rendering color-interpolation paint-order font-family
    font-size font-weight font-style font-variant letter-spacing word-spacing text-anchor dominant-baseline
    alignment-baseline baseline-shift text-rendering textLength lengthAdjust isolation mix-blend-mode""".split()  # noqa: SIM905
)
_LEFT_OUT = frozenset(("metadata", "title", "desc"))
_MOST_ELEMENTS = 2_000
_MOST_USES = 20
_HERE = re.compile(r"url\(#[\w.-]+\)", re.ASCII)
_FRAGMENT = re.compile(r"#[\w.-]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NAMES = string.ascii_letters + string.digits + "-_"
_HARMLESS_CALLS = frozenset(("rgb", "rgba", "hsl", "hsla", "translate", "scale", "rotate", "matrix", "skewx", "skewy"))
_DECLARATION = re.compile(
    rb"<!\s*(?:ENTITY|ELEMENT|ATTLIST|NOTATION)|<!DOCTYPE[^>]*\[|<\?xml-stylesheet", re.IGNORECASE
)
_UNREADABLE = "The SVG can’t be read: it is no sound XML. Export it again."


def clean_svg(content: bytes) -> tuple[bytes, int, int]:
    """The SVG built anew, its width and its height in its own units. Raises ValueError with the remedy."""
    root = _read(content)
    width, height = _size(root)
    kept = _kept(root)
    if kept is None:
        raise ValueError(_UNREADABLE)
    _check_uses(kept)
    kept.set("width", str(width))
    kept.set("height", str(height))
    etree.cleanup_namespaces(kept)
    return etree.tostring(kept, encoding="utf-8", xml_declaration=False), width, height


def _read(content: bytes) -> etree._Element:
    if b"\0" in content:
        raise ValueError("The SVG is not UTF-8. Save it as UTF-8.")
    if _DECLARATION.search(content):
        raise ValueError("The SVG declares entities, or styles from elsewhere. Save it as a plain SVG.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False,
        encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise ValueError(_UNREADABLE) from None
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError(
            f"The file is no SVG: it begins with <{etree.QName(root).localname}>. Export the logo as an SVG."
        )
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise ValueError(f"The SVG has more than {_MOST_ELEMENTS:,} elements. Simplify it, or save it as a PNG.")
    return root


def _size(root: etree._Element) -> tuple[int, int]:
    """By its view box, else by width and height; a logo without either has no shape."""
    box = root.get("viewBox", "").replace(",", " ").split()
    sides = box[2:] if len(box) == 4 else [root.get(name, "").removesuffix("px") for name in ("width", "height")]
    if not all(_NUMBER.fullmatch(side) and math.isfinite(float(side)) and float(side) > 0 for side in sides):
        raise ValueError("The SVG doesn’t say how large it is. Export it with a viewBox.")
    wide, high = (float(side) for side in sides)
    # Units are what the drawing likes; a page needs only the shape, in numbers of a believable size.
    scale = 1 if min(wide, high) >= 16 and max(wide, high) <= 2_000 else 200 / max(wide, high)
    if len(box) != 4:
        root.set("viewBox", f"0 0 {sides[0]} {sides[1]}")
    return round(wide * scale), round(high * scale)


def _kept(element: etree._Element) -> etree._Element | None:
    """The element and all that is in it, built anew; None for what is left out. Raises ValueError for the rest."""
    if not isinstance(element.tag, str):
        raise ValueError("The SVG holds an entity. Save it as a plain SVG.")
    name = etree.QName(element)
    if name.namespace != _SVG or name.localname in _LEFT_OUT:
        if name.namespace in (None, "http://www.w3.org/1999/xhtml"):
            raise ValueError(_not_drawing(name.localname))
        return None
    if name.localname not in _ELEMENTS:
        raise ValueError(_not_drawing(name.localname))
    made = etree.Element(element.tag, dict(_attributes(element)), nsmap={None: _SVG})
    made.text = element.text
    if name.localname == "style":
        if len(element):
            raise ValueError(_not_drawing("style"))
        _check_style(element.text or "")
    for part in element:
        if (inside := _kept(part)) is not None:
            inside.tail = part.tail
            made.append(inside)
    return made


def _attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    for key, value in element.attrib.items():
        name = etree.QName(key)
        if name.localname == "href" and name.namespace in (None, _XLINK):
            yield "href", _of_this_file(value)
        elif name.namespace is not None or name.localname.startswith("data-"):
            continue
        elif name.localname not in _ATTRIBUTES:
            raise ValueError(
                f"The SVG has “{name.localname}” at <{etree.QName(element).localname}>, which may do more than draw. "
                "Save it as a plain SVG."
            )
        else:
            _check_value(name.localname, value)
            yield name.localname, value


def _of_this_file(value: str) -> str:
    if not _FRAGMENT.fullmatch(value.strip()):
        raise ValueError(f"The SVG leads elsewhere (“{value[:60]}”). A logo must hold all that it shows.")
    return value.strip()


def _check_value(name: str, value: str) -> None:
    if name == "style" or not _HERE.fullmatch(value.strip()):
        _check_style(value)


def _check_style(css: str) -> None:
    """Nothing in it that could fetch: no @-rule, no escape that hides one, no function but of colours and places."""
    calls = {_last_word(before) for before in css.split("(")[:-1]}
    if any(sign in css for sign in "@\\<") or "/*" in css or calls - _HARMLESS_CALLS:
        raise ValueError(
            "The SVG has a style with url(), @ or a hidden character. Export it with presentation attributes "
            "instead of styles."
        )


def _last_word(text: str) -> str:
    """The name at the end of a text: without a pattern, which would try a long text from each of its places."""
    bare = text.rstrip()
    return bare[len(bare.rstrip(_NAMES)) :].lower()


def _check_uses(root: etree._Element) -> None:
    """A use may not lead to another: such chains draw a few lines a billion times."""
    uses = list(root.iter(f"{{{_SVG}}}use"))
    with_uses = {above.get("id") for use in uses for above in (use, *use.iterancestors())}
    if len(uses) > _MOST_USES or any(use.get("href", "#")[1:] in with_uses for use in uses):
        raise ValueError("The SVG repeats parts within repeated parts. Save it with its parts expanded.")


def _not_drawing(name: str) -> str:
    return f"The SVG holds <{name[:40]}>, which may do more than draw. Save it as a plain SVG, or as a PNG."
