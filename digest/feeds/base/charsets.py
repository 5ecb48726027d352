"""From the bytes of a document to UTF-8, whatever it says about itself: what it says is often wrong."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ((b"<\0\0\0", "utf-32-le"), (b"<\0", "utf-16-le"), (b"{\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D}) + b"\x7f"
_BLOCK = 1 << 18
_MANY = 20_000


def as_utf8(body: bytes, content_type: str) -> bytes:
    """The document in UTF-8, without byte order mark and without what XML may not contain; never raises.

    What is UTF-8 is read as such, whatever is declared; then the declarations count, as the WHATWG's labels; bytes that
    fit nothing are taken for Windows-1252, each by itself.
    """
    return _clean(_recoded(body, content_type)).removeprefix(codecs.BOM_UTF8)


def is_binary(body: bytes) -> bool:
    """Whether it is no text at all, such as a picture or an archive: text has hardly any controls."""
    sample = body[:4096]
    if sample.startswith(tuple(mark for mark, _ in _BOMS)):
        return False
    return len(sample.translate(None, _CONTROLS[1:])) < 0.95 * len(sample)


def _recoded(body: bytes, content_type: str) -> bytes:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return _mixed(rest) if encoding == "utf-8" else _encoded(rest, encoding)
    for beginning, encoding in _WIDE:
        if body[:8].startswith(beginning):
            return _encoded(body, encoding)
    declared = _declared(body, content_type)
    if "iso2022_jp" in declared and body.isascii():
        return _encoded(body, "iso2022_jp")
    others = [encoding for encoding in declared if encoding != "utf-8"]
    if not others or _is_utf8(body):
        return _mixed(body)
    known = [encoding for encoding in others if encoding != "cp1252"]
    return _encoded(body, known[0]) if known else _mixed(body)


_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,30})", re.IGNORECASE)
_IN_DOCUMENT = re.compile(
    rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']?([\w.:-]{2,30})|<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,30})",
    re.IGNORECASE,
)


def _declared(body: bytes, content_type: str) -> list[str]:
    """The encodings that the answer's header and the document name, of those that we believe."""
    header = _IN_HEADER.search(content_type)
    inside = _IN_DOCUMENT.search(body[:2048])
    labels = [header[1]] if header else []
    labels += [(inside[1] or inside[2]).decode("ascii", "ignore")] if inside else []
    return [encoding for label in labels if (encoding := _encoding(label.lower().replace("_", "-")))]


_FAMILIES = re.compile(r"iso-8859-\d{1,2}|koi8-[ru]|euc-jp|big5")
_LABELS = {
    "utf-8": "utf-8", "utf8": "utf-8", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252",
    "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "shift-jis": "cp932",
    "x-sjis": "cp932", "sjis": "cp932", "euc-kr": "cp949", "ks-c-5601-1987": "cp949", "iso-2022-jp": "iso2022_jp",
    "macintosh": "mac_roman", "x-mac-roman": "mac_roman",
}  # fmt: skip
"""https://encoding.spec.whatwg.org, section 4.2. No other codec of Python's is reachable: some take minutes."""


def _encoding(label: str) -> str:
    if label in _LABELS:
        return _LABELS[label]
    if windows := re.fullmatch(r"(?:x-cp|cp|windows-?)(125[0-8])", label):
        return f"cp{windows[1]}"
    return label if _FAMILIES.fullmatch(label) and _exists(label) else ""


def _exists(label: str) -> bool:
    try:
        return bool(codecs.lookup(label))
    except LookupError:
        return False


def _is_utf8(body: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), _BLOCK):
            decoder.decode(body[start : start + _BLOCK])
    except UnicodeDecodeError:
        return False
    return True


def _encoded(body: bytes, encoding: str) -> bytes:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    blocks = (decoder.decode(body[at : at + _BLOCK]).encode("utf-8", "ignore") for at in range(0, len(body), _BLOCK))
    return b"".join(blocks)


def _mixed(body: bytes) -> bytes:
    """UTF-8 as it is; in it, bytes that are not, as Windows-1252."""
    if _is_utf8(body):
        return body
    if _misfits(body) > _MANY:
        return _encoded(body, "cp1252")
    return body.decode("utf-8", _AS_WINDOWS).encode("utf-8", "ignore")


def _misfits(body: bytes) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return sum(decoder.decode(body[at : at + _BLOCK]).count("\ufffd") for at in range(0, len(body), _BLOCK))


_AS_WINDOWS = "digest.feeds.windows"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_AS_WINDOWS, _as_windows)


def _clean(utf8: bytes) -> bytes:
    utf8 = utf8.translate(None, _CONTROLS)
    return utf8.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
