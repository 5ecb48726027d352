"""An import that only says what it would do: what it would have done so far, since nothing is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_ENOUGH = 16
"""Bytes of an address's hash: no two of a million addresses share as many."""


class Rehearsal:
    """The addresses that an import would have added and suppressed so far: some hundred bytes each, in memory."""

    def __init__(self) -> None:
        self._states: dict[bytes, str] = {}
        self._banned: set[bytes] = set()

    def note(self, added: Mapping[str, str], banned: Iterable[str]) -> None:
        """It would have added these, by their hashes and states, and would have suppressed these hashes."""
        self._states.update({_key(each): state for each, state in added.items()})
        self._banned.update(map(_key, banned))

    def states(self, hashes: Mapping[str, str]) -> dict[str, str]:
        """The states that those of these addresses would have that it would have added; `hashes` by address."""
        found = {address: self._states.get(_key(each)) for address, each in hashes.items()}
        return {address: state for address, state in found.items() if state}

    def banned_among(self, hashes: Iterable[str]) -> set[str]:
        """Those of these hashes that it would have suppressed."""
        return {each for each in hashes if _key(each) in self._banned}


def _key(address_hash: str) -> bytes:
    return bytes.fromhex(address_hash)[:_ENOUGH]
