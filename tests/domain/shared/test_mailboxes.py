"""Spellings of one mailbox, and mailboxes that only look alike."""

from __future__ import annotations

import pytest

from digest.domain.shared.mailboxes import mailbox_of


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("alice@example.org", "alice@example.org"),
        ("alice+news@example.org", "alice@example.org"),
        ("Alice+News+More@Example.org", "alice@example.org"),
        ("a.l.i.ce+x@gmail.com", "alice@gmail.com"),
        ("al.ice@googlemail.com", "alice@gmail.com"),
        ("alice@me.com", "alice@icloud.com"),
        ("a-l.i_ce@pm.me", "alice@proton.me"),
        ("alice-shop@yahoo.co.uk", "alice@yahoo.co.uk"),
        ("shop@alice.fastmail.com", "alice@fastmail.com"),
        ("shop+x@alice.fastmail.fm", "alice@fastmail.fm"),
        ("al.ice@yandex.com", "al-ice@yandex.ru"),
        ("alice-shop@example.org", "alice-shop@example.org"),
        ("al.ice@example.org", "al.ice@example.org"),
        ("+alice@example.org", "+alice@example.org"),
        ("...@gmail.com", "...@gmail.com"),
        ("alice@notgmail.com", "alice@notgmail.com"),
        ("alice+x@xn--bcher-kva.example", "alice@xn--bcher-kva.example"),
    ],
)
def test_spellings_of_a_mailbox(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox
    assert mailbox_of(mailbox) == mailbox
