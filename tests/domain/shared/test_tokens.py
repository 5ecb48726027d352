"""What a link's token is worth: for one purpose, under the site's secrets, and not a bit beside it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.shared.tokens import Purpose, fingerprint, new_key, seal, unseal

SECRET = "the secret of this site, long enough"
OLDER = "the secret before that, also long enough"
KEY = "00112233445566778899aabbccddeeff"


@pytest.mark.parametrize("purpose", Purpose)
def test_token_gives_its_key_back(purpose: Purpose) -> None:
    assert unseal(purpose, seal(purpose, KEY, SECRET), [SECRET]) == KEY


@pytest.mark.parametrize("made_for", Purpose)
@pytest.mark.parametrize("used_for", Purpose)
def test_token_is_worthless_for_another_purpose(made_for: Purpose, used_for: Purpose) -> None:
    found = unseal(used_for, seal(made_for, KEY, SECRET), [SECRET])
    assert found == (KEY if made_for is used_for else None)


def test_every_flipped_bit_is_noticed() -> None:
    data = urlsafe_b64decode(seal(Purpose.CONFIRM, KEY, SECRET) + "=")
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        token = urlsafe_b64encode(bytes(flipped)).rstrip(b"=").decode()
        assert unseal(Purpose.CONFIRM, token, [SECRET]) is None


def test_every_other_last_character_is_refused() -> None:
    # The last of 43 characters carries four bits: base64 reads four characters alike there.
    token = seal(Purpose.CONFIRM, KEY, SECRET)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [end for end in alphabet if unseal(Purpose.CONFIRM, token[:-1] + end, [SECRET])]
    assert accepted == [token[-1]]


def test_older_secret_keeps_old_links_working() -> None:
    old = seal(Purpose.UNSUBSCRIBE, KEY, OLDER)
    assert unseal(Purpose.UNSUBSCRIBE, old, [SECRET, OLDER]) == KEY
    assert unseal(Purpose.UNSUBSCRIBE, old, [SECRET]) is None
    assert unseal(Purpose.UNSUBSCRIBE, old, []) is None


@pytest.mark.parametrize("shorten", ["", "A", "A" * 42, "A" * 43, "A" * 44, "é" * 43, "=" * 43, "\x00" * 43])
def test_nonsense_is_refused(shorten: str) -> None:
    assert unseal(Purpose.CONFIRM, shorten, [SECRET]) is None


@given(st.text(max_size=60))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert unseal(Purpose.PREFERENCES, text, [SECRET]) is None


def test_padded_or_spaced_token_is_refused() -> None:
    token = seal(Purpose.CONFIRM, KEY, SECRET)
    for changed in (token + "=", " " + token, token + "\n", token[:20] + "\n" + token[20:], token.swapcase()):
        assert unseal(Purpose.CONFIRM, changed, [SECRET]) is None


def test_token_fits_an_address_without_escaping() -> None:
    token = seal(Purpose.HOLD, new_key(), SECRET)
    assert len(token) == 43
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_keys_have_128_bits_and_never_repeat() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert {len(bytes.fromhex(key)) for key in keys} == {16}


def test_fingerprint_depends_on_text_and_key() -> None:
    one = fingerprint("alice@example.org", SECRET)
    assert one == fingerprint("alice@example.org", SECRET)
    assert one != fingerprint("bob@example.org", SECRET)
    assert one != fingerprint("alice@example.org", OLDER)
    assert "alice" not in one
