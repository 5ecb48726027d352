"""Email addresses as they are typed."""

from __future__ import annotations

from typing import Any

import click

from digest.domain.addresses import Address, BadAddress, parse


class _EmailAddress(click.ParamType[Address]):
    """One address; what can't be one is wrong usage."""

    name = "email"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """The address. Fails with what is wrong with it."""
        try:
            return value if isinstance(value, Address) else parse(value)
        except BadAddress as error:
            self.fail(str(error), param, ctx)


EMAIL = _EmailAddress()
