"""The body of a summary: how it is written, and how readers see it."""

from __future__ import annotations

from enum import StrEnum

from digest.domain.writing import markup


class BodyFormat(StrEnum):
    """How a body is written: our editors write Markdown, an imported archive may bring HTML."""

    MARKDOWN = "markdown"
    HTML = "html"


def body_html(body: str, body_format: str) -> str:
    """A body as readers see it."""
    return markup.sanitised(body) if body_format == BodyFormat.HTML else markup.from_markdown(body)
