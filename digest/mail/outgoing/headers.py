"""Header lines (RFC 5322, section 2.2) out of any text, so that what is read back is that text and nothing else.

Python's header classes, like mail programs, decode an encoded word (RFC 2047) wherever they find one, so a subject that
quotes `=?utf-8?q?a=0d=0aBcc=3a_…?=` would be written as two lines. Here a text is never parsed: it goes as it is, or,
where that would be read as something else, as encoded words from beginning to end.
"""

from __future__ import annotations

import re
import unicodedata
from email.charset import Charset
from email.header import Header
from email.policy import Policy
from email.utils import formataddr

from digest.domain.shared.addresses import unmailable
from digest.mail.outgoing.making import Unmakeable

_LONGEST_LINE = 998  # RFC 5322, section 2.1.1
_UTF8 = Charset("utf-8")
_NAME = re.compile(r"[!-9;-~]+")


class HeaderLine(str):
    """A value that is ready to be written. Policies of the email package write a value with `name` by its `fold`."""

    name: str

    def __new__(cls, name: str, written: str) -> HeaderLine:
        line = super().__new__(cls, written)
        line.name = name
        return line

    def fold(self, *, policy: Policy) -> str:
        """The line, with its end."""
        return f"{self.name}: {policy.linesep.join(self.split(_FOLD))}{policy.linesep}"


_FOLD = "\r\n"


def text_line(name: str, text: str) -> HeaderLine:
    """A header that people read, such as the subject. Raises Unmakeable."""
    return HeaderLine(checked_name(name), _written(name, checked(name, text)))


def mailbox_line(name: str, address: str, phrase: str = "") -> HeaderLine:
    """A header of one mailbox, with how it is called where that is given (RFC 5322, section 3.4). Raises Unmakeable."""
    if fault := unmailable(address):
        raise Unmakeable(fault)
    if _is_plain(name, checked(name, phrase)):
        return HeaderLine(name, formataddr((phrase, address)))
    # One encoded word however long, as `formataddr` makes it: between two in a name, programs show a space.
    return HeaderLine(name, f"{_UTF8.header_encode(phrase)}{_FOLD} <{address}>")


def checked(name: str, text: str) -> str:
    """The text itself. Raises Unmakeable for what can't stand in a header: line breaks, controls, half characters."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise Unmakeable(f"its header “{name}” has U+{ord(character):04X} in it, a control character or line break")
    return text


def checked_name(name: str) -> str:
    """The header's name itself. Raises Unmakeable for what can't be one."""
    if not _NAME.fullmatch(name):
        raise Unmakeable("one of its headers has a name that can’t be one")
    return name


def _written(name: str, text: str) -> str:
    if _is_plain(name, text):
        return text
    return Header(text, "utf-8", maxlinelen=75, header_name=name).encode(linesep=_FOLD)


def _is_plain(name: str, text: str) -> bool:
    """Whether a text is read as itself: RFC 5322's characters, on one line, with nothing that begins a code."""
    return text.isascii() and "=?" not in text and text == text.strip() and len(name) + len(text) < _LONGEST_LINE - 2
