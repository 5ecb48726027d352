"""What words are made in: a language that finds its own for ours."""

from __future__ import annotations

from typing import Protocol


class Spoken(Protocol):
    """As gettext: a message is asked for by its English words."""

    def gettext(self, message: str, **values: object) -> str:
        """The message, with the values in it."""
        ...

    def ngettext(self, one: str, several: str, num: int, **values: object) -> str:
        """The message for so many; `%(num)s` in it is the number."""
        ...


class _AsWritten:
    def gettext(self, message: str, **values: object) -> str:
        return message % values

    def ngettext(self, one: str, several: str, num: int, **values: object) -> str:
        return (one if num == 1 else several) % {"num": f"{num:,}", **values}


AS_WRITTEN: Spoken = _AsWritten()
"""English, in which the source is written."""
