"""Email addresses as they are typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from digest.domain.shared.addresses import Address, BadAddress, as_held, parse


class _EmailAddress(click.ParamType[Address]):
    """One address; what can't be one is wrong usage."""

    name = "email"

    def __init__(self, read: Callable[[str], Address]) -> None:
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """The address. Fails with what is wrong with it."""
        try:
            return value if isinstance(value, Address) else self._read(value)
        except BadAddress as error:
            self.fail(str(error), param, ctx)


EMAIL = _EmailAddress(parse)
HELD_EMAIL = _EmailAddress(as_held)
"""Of somebody who may be held here already, also from a version that took in more."""
