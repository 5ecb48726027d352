"""One line of a file of past issues, read: the issue on it, or why it can't be taken in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.domain.issues.manuscript import one_line, several_lines
from digest.domain.writing.markup import sanitised
from digest.operations.issues.wording import LONGEST_LINE, LONGEST_TEXT
from digest.operations.shared.json_lines import expect_keys, object_on, whole_text_of

_KEYS = ("date", "number", "subject", "preheader", "introduction", "closing_note", "by_topic", "summaries", "body_html")
_LARGEST = 2**31 - 1
LONGEST_BODY = 1_000_000
"""Characters of an issue's own text: a digest of ours has fifty thousand."""


@dataclass(frozen=True)
class IncomingIssue:
    """A past issue from a file; texts are Markdown, `summaries` the ids of those it carried, in their order."""

    day: date
    number: int | None
    subject: str
    preheader: str
    introduction: str
    closing_note: str
    by_topic: bool
    summaries: tuple[int, ...]
    body_html: str = ""
    """What it said where it was no list of summaries, sanitised; stands in for the introduction."""


def issue_on_line(line: str) -> IncomingIssue:
    """The issue on this line. Raises ValueError with the reason and the remedy."""
    found = object_on(line)
    expect_keys(found, _KEYS)
    by_topic = found.get("by_topic") or False
    if not isinstance(by_topic, bool):
        raise ValueError("by_topic must be true or false")
    return IncomingIssue(
        day=_day(found.get("date")),
        number=_number(found.get("number")),
        subject=_line(found, "subject"),
        preheader=_line(found, "preheader"),
        introduction=_text(found, "introduction"),
        closing_note=_text(found, "closing_note"),
        by_topic=by_topic,
        summaries=_ids(found.get("summaries")),
        body_html=_body(found),
    )


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == len("2024-05-17"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"date “{str(value)[:40]}”: write it like 2024-05-17")


def _number(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST:
        raise ValueError("number must be a whole number from 1, or left out")
    return value


def _line(found: dict[str, Any], key: str) -> str:
    text = one_line(whole_text_of(found, key).replace("\0", ""))
    if len(text) > LONGEST_LINE:
        raise ValueError(f"{key} has {len(text)} characters; {LONGEST_LINE} is the most")
    return text


def _text(found: dict[str, Any], key: str) -> str:
    text = several_lines(whole_text_of(found, key).replace("\0", ""))
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{key} has {len(text):,} characters; {LONGEST_TEXT:,} is the most")
    return text


def _body(found: dict[str, Any]) -> str:
    text = whole_text_of(found, "body_html").replace("\0", "")
    if text and found.get("introduction"):
        raise ValueError("it has introduction and body_html: body_html stands in for it, so leave one out")
    if len(text) > LONGEST_BODY:
        raise ValueError(f"body_html has {len(text):,} characters; {LONGEST_BODY:,} is the most")
    return sanitised(text) if text else ""


def _ids(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise ValueError(
            "summaries must be a list of the ids that the issue carried, in their order; [] if none is left"
        )
    for each in value:
        if isinstance(each, bool) or not isinstance(each, int) or not 0 < each <= _LARGEST:
            raise ValueError("each of summaries must be a summary’s id, a whole number from 1")
    if len(set(value)) < len(value):
        raise ValueError("summaries names one of them twice")
    return tuple(value)
