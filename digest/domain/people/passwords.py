"""What a password must be: long, not guessable from the page it opens, not one that everybody tries first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SHORTEST = 12
LONGEST = 200
_LEAST_OWN = 6
_LEAST_DIFFERENT = 5

# The long ones that lists of leaked passwords share; shorter ones fail by their length already.
_COMMON = frozenset(
    """
    123456123456 123456654321 123456789012 1234567890123 12345678901234 123456789101 1234567891011 123456789123
    987654321098 abcd12345678 abcdefgh1234 abcdefghijkl abcdefghijklm adminadminadmin administrator administrator1
    administrator123 changeme1234 changemenow1 correcthorsebatterystaple iloveyou1234 iloveyouiloveyou letmeinletmein
    letmeinplease mypassword12 mypassword123 newpassword1 newpassword12 newpassword123 password1234 password12345
    password123456 password2023 password2024 password2025 password2026 passwordpassword p@ssword1234 p@ssw0rd1234
    passw0rd1234 q1w2e3r4t5y6 q1w2e3r4t5y6u7 qazwsxedcrfv qwerty123456 qwerty12345678 qwertyqwerty qwertyuiop12
    qwertyuiop123 qwertyuiop[] qwertyuiopas qwertyuiopasdfgh 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    zaq12wsxcde3 temporarypassword trustno1trustno1 welcome12345 welcome123456 welcomewelcome
    """.split()  # noqa: SIM905 - fifty quoted literals read worse
)


def fault_in_password(password: str, about: Iterable[str]) -> str:
    """What to change about a new password, or "". `about` is what others know: address, name, the site's name."""
    password = normalised(password)
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; four or five unrelated words make a good password."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    plain = _letters(password)
    if password.lower() in _COMMON or plain in _COMMON or len(set(password)) < _LEAST_DIFFERENT:
        return "Many people use this one, so it is tried first. Choose another."
    if len(_without(plain, about)) < _LEAST_OWN:
        return "This is made of your address, your name or the site’s name. Choose unrelated words."
    return ""


def normalised(password: str) -> str:
    """The password in the one form that keyboards of every kind agree on (RFC 8265, section 4.2, after NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _without(plain: str, about: Iterable[str]) -> str:
    words = {_letters(word) for text in about for word in (text, *re.split(r"[\s@.+_-]+", text))}
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            plain = plain.replace(word, "")
    return plain


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
