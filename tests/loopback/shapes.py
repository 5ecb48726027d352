"""Which keys a request may have, and of which types: what SendGrid refuses before it reads any meaning."""

from collections.abc import Iterator, Mapping
from typing import Any

from .answers import FieldError

BAD_REQUEST = FieldError("Bad Request")

Shape = Mapping[str, type]

MESSAGE: Shape = {
    "personalizations": list,
    "from": dict,
    "reply_to": dict,
    "reply_to_list": list,
    "subject": str,
    "content": list,
    "attachments": list,
    "template_id": str,
    "headers": dict,
    "categories": list,
    "custom_args": dict,
    "sections": dict,
    "send_at": int,
    "batch_id": str,
    "asm": dict,
    "ip_pool_name": str,
    "mail_settings": dict,
    "tracking_settings": dict,
}
PERSONALIZATION: Shape = {
    "to": list,
    "cc": list,
    "bcc": list,
    "from": dict,
    "subject": str,
    "headers": dict,
    "substitutions": dict,
    "dynamic_template_data": dict,
    "custom_args": dict,
    "send_at": int,
}
PERSON: Shape = {"email": str, "name": str}
PART: Shape = {"type": str, "value": str}
TRACKERS = ("click_tracking", "open_tracking", "subscription_tracking", "ganalytics")
TRACKING: Shape = dict.fromkeys(TRACKERS, dict)

_JSON_NAMES = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean"}


def faults_in_shape(payload: dict[str, Any]) -> Iterator[FieldError]:
    """Unknown keys and wrong types anywhere in a request; later checks rely on types once this is empty."""
    top = list(_fitting(payload, MESSAGE, ""))
    yield from top
    if top:
        return
    yield from _insides(payload, "")
    yield from _fitting(payload.get("tracking_settings", {}), TRACKING, "tracking_settings.")
    yield from _each(payload.get("content", []), PART, "content")
    yield from _each(payload.get("reply_to_list", []), PERSON, "reply_to_list")
    yield from _strings_in(payload.get("categories", []), "categories")
    if "reply_to" in payload:
        yield from _fitting(payload["reply_to"], PERSON, "reply_to.")
    for number, one in enumerate(payload.get("personalizations", [])):
        yield from _personalization(one, f"personalizations.{number}.")


def _personalization(one: object, where: str) -> Iterator[FieldError]:
    if type(one) is not dict:
        yield _wrong_type(one, dict, where)
        return
    misfits = list(_fitting(one, PERSONALIZATION, where))
    yield from misfits or _insides(one, where)


def _insides(part: dict[str, Any], where: str) -> Iterator[FieldError]:
    """What a message and a personalization share; for custom args of another type SendGrid names no field."""
    if not _all_strings(part.get("custom_args")):
        yield BAD_REQUEST
    for key in ("headers", "substitutions"):
        if not _all_strings(part.get(key)):
            values = part[key].items()
            yield from (_wrong_type(v, str, f"{where}{key}.{k}") for k, v in values if type(v) is not str)
    for key in ("to", "cc", "bcc"):
        if key in part:
            yield from _each(part[key], PERSON, f"{where}{key}")
    if "from" in part:
        yield from _fitting(part["from"], PERSON, f"{where}from.")


def _all_strings(values: dict[str, Any] | None) -> bool:
    return not values or set(map(type, values.values())) == {str}


def _each(items: list[Any], shape: Shape, where: str) -> Iterator[FieldError]:
    for number, item in enumerate(items):
        if type(item) is not dict:
            yield _wrong_type(item, dict, f"{where}.{number}")
        else:
            yield from _fitting(item, shape, f"{where}.{number}.")


def _fitting(part: dict[str, Any], shape: Shape, where: str) -> Iterator[FieldError]:
    for key, value in part.items():
        expected = shape.get(key)
        if expected is None:
            yield FieldError(f"Additional property {key} is not allowed.", f"{where}{key}")
        elif type(value) is not expected:
            yield _wrong_type(value, expected, f"{where}{key}")


def _strings_in(items: list[Any], where: str) -> Iterator[FieldError]:
    misfits = ((number, item) for number, item in enumerate(items) if type(item) is not str)
    yield from (_wrong_type(item, str, f"{where}.{number}") for number, item in misfits)


def _wrong_type(value: object, expected: type, where: str) -> FieldError:
    wanted, given = _JSON_NAMES[expected], _JSON_NAMES.get(type(value), "null")
    return FieldError(f"Invalid type. Expected: {wanted}, given: {given}.", where.removesuffix("."))
