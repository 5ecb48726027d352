"""Dates of issues as they are typed."""

from __future__ import annotations

from datetime import datetime

import click


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
