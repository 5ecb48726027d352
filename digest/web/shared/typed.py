"""What somebody has typed into a form that could not be taken just now: kept by the page that says so."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

_LABELS = {
    "email": "Email address",
    "name": "Name",
    "title": "Headline",
    "body": "Summary",
    "subject": "Subject",
    "preheader": "Preheader",
    "introduction": "Introduction",
}
_LONG = ("body", "introduction")
_PASSWORDS = {"current": "Present password", "password": "Password", "again": "The same once more"}
"""Typed again, since no page of ours ever holds one."""
_KEPT = "kept:"


@dataclass(frozen=True)
class Field:
    """A field of the form. `kind` is line, text or password, to be seen and changed; else it is only kept."""

    name: str
    value: str
    kind: str
    label: str = ""


def fields_sent() -> list[Field]:
    """Every field of the form that was sent, those to be seen first."""
    return _fields([(name, value) for name, values in request.form.lists() for value in values])


def typed_fields() -> list[Field]:
    """The same, if it holds words that somebody has written, and no password; else nothing."""
    if not any(request.form.get(name, "").strip() for name in ("title", *_LONG)):
        return []
    return [field for field in fields_sent() if field.name != "csrf_token" and field.kind != "password"]


def kept_fields() -> list[Field]:
    """What a sign-in form carries along of the form that was sent before it."""
    pairs = [(name, value) for name, values in request.form.lists() for value in values]
    return _fields([(name.removeprefix(_KEPT), value) for name, value in pairs if name.startswith(_KEPT)])


def _fields(pairs: list[tuple[str, str]]) -> list[Field]:
    return sorted((_field(name, value) for name, value in pairs), key=lambda field: field.kind == "kept")


def _field(name: str, value: str) -> Field:
    if name in _PASSWORDS:
        return Field(name, "", "password", _PASSWORDS[name])
    if name not in _LABELS or not value.strip():
        return Field(name, value, "kept")
    return Field(name, value, "text" if name in _LONG else "line", _LABELS[name])
