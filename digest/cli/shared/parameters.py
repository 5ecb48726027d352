"""What commands are given, as it is typed: email addresses, dates of issues, and words that are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from digest.domain.shared.addresses import Address, BadAddress, as_held, parse


class _IssueDate(click.DateTime):
    """A date as in 2026-11-27, and nothing else."""

    name = "date"

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """That date's first moment, without a zone. Fails with what was typed, the form and an example."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"“{value}” is no date that can be used: use YYYY-MM-DD, for example 2026-11-27.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """The form, as help texts show it."""
        return "YYYY-MM-DD"


ISSUE_DATE = _IssueDate()


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


class _Words(click.ParamType[str]):
    """What somebody said, which is kept; nothing but spaces is wrong usage."""

    name = "text"

    def __init__(self, remedy: str) -> None:
        self._remedy = remedy

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The words, without spaces around them. Fails where there are none."""
        words = str(value).strip()
        if not words:
            self.fail(f"it is empty: {self._remedy}.", param, ctx)
        return words


REASON = _Words("write down how you know; it is kept")
CONSENT = _Words("write down who asked, when, and in which words")
CONSENTS = _Words("give the words that these readers agreed to")
