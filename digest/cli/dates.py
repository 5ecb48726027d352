"""Dates of issues as they are typed."""

from __future__ import annotations

import click

ISSUE_DATE = click.DateTime(["%Y-%m-%d"])
