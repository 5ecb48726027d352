"""Passwords are hashed one at a time on each machine: a hash takes 64 MiB, and every core for a moment.

Whoever comes while others wait waits too, or is turned away at once when all places are taken. The places of a process
are far fewer than its threads, so that those who read never wait behind those who sign in. Take a place before anything
is counted or changed.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from digest.config import Settings
from digest.config.private import make_folder
from digest.domain.people.passwords import normalised
from digest.domain.shared.tokens import new_key

_LONGEST_TYPED = 1_000
_LOCK = "hashing.lock"

_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106, section 4, second recommendation


class HashingBusy(Exception):
    """So many passwords wait to be looked at already that this one is not; nothing was counted or changed."""


class Places:
    """How many may wait in this process, all together and from one network."""

    def __init__(self, in_all: int, of_one_network: int) -> None:
        self._in_all = in_all
        self._of_one = of_one_network
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def taken(self, network: str) -> Iterator[None]:
        """Have a place while the block runs. Raises HashingBusy at once where there is none."""
        with self._lock:
            if self._taken.total() >= self._in_all or self._taken[network] >= self._of_one:
                raise HashingBusy
            self._taken[network] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[network] -= 1
                self._taken += Counter()  # so that networks that have left are forgotten


STRANGERS = Places(3, of_one_network=2)
PROVEN = Places(2, of_one_network=2)
"""For whoever is signed in or holds a link from their mailbox: strangers never take these places."""


def matches(settings: Settings, stored: str | None, password: str) -> bool:
    """Whether this is the password that was stored; the same work where there is none."""
    with _turn(settings):
        nobodys = _nobodys_hash()
        try:
            _hasher.verify(stored or nobodys, normalised(password[:_LONGEST_TYPED]))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def hashed(settings: Settings, password: str) -> str:
    """What is stored in place of a password, made in turn."""
    with _turn(settings):
        return hash_password(password)


def renewed(settings: Settings, stored: str | None, password: str) -> str | None:
    """A new hash of a password whose hash was made with parameters of the past; None if it is up to date."""
    return hashed(settings, password) if stored and _hasher.check_needs_rehash(stored) else None


def hash_password(password: str) -> str:
    """What is stored in place of a password, made at once: for commands, which are one person's."""
    return _hasher.hash(normalised(password))


@contextmanager
def _turn(settings: Settings) -> Iterator[None]:
    """Wait for this machine's one turn. The kernel takes it back from whoever dies (flock(2))."""
    make_folder(settings.instance_path)
    lock = os.open(settings.instance_path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@lru_cache
def _nobodys_hash() -> str:
    return _hasher.hash(new_key())
