"""What we promise readers about every request, which SendGrid itself would not check."""

from collections.abc import Iterator, Mapping
from typing import Any

TRACKERS_OFF: Mapping[str, tuple[str, ...]] = {
    "click_tracking": ("enable", "enable_text"),
    "open_tracking": ("enable",),
    "subscription_tracking": ("enable",),
    "ganalytics": ("enable",),
}
DIGEST_ARGS = frozenset({"digest_issue", "digest_batch", "digest_attempt", "digest_delivery"})


def policy_faults(payload: Mapping[str, Any]) -> list[str]:
    """The broken promises in a request, as sentences.

    A request is a digest if any of its custom args names an issue, or if it has several personalizations;
    only then must it let each reader leave, and name its delivery. The rest holds for every message.
    """
    return [*_trackers(payload), *_footers(payload), *_named_readers(payload), *_digest(payload)]


def _trackers(payload: Mapping[str, Any]) -> Iterator[str]:
    settings = payload.get("tracking_settings", {})
    for tracker, switches in TRACKERS_OFF.items():
        for switch in switches:
            if settings.get(tracker, {}).get(switch) is not False:
                yield f"tracking_settings.{tracker}.{switch} is not switched off"


def _footers(payload: Mapping[str, Any]) -> Iterator[str]:
    if "asm" in payload:
        yield "asm is set, so SendGrid appends a footer of its own"


def _named_readers(payload: Mapping[str, Any]) -> Iterator[str]:
    parts = [("", payload), *((f"personalizations.{n}.", one) for n, one in _people(payload))]
    for where, part in parts:
        for name, value in part.get("custom_args", {}).items():
            if "@" in value:
                yield f"{where}custom_args.{name} holds an address, which SendGrid would keep"


def _digest(payload: Mapping[str, Any]) -> Iterator[str]:
    people = _people(payload)
    if len(people) < 2 and not any("digest_issue" in one.get("custom_args", {}) for _, one in people):
        return
    ways_out: set[str] = set()
    for number, one in people:
        where = f"personalizations.{number}"
        missing = DIGEST_ARGS - one.get("custom_args", {}).keys()
        if missing:
            yield f"{where}.custom_args lacks {', '.join(sorted(missing))}"
        yield from _leaving(one, f"{where}.headers", ways_out)


def _leaving(one: Mapping[str, Any], where: str, ways_out: set[str]) -> Iterator[str]:
    headers = one.get("headers", {})
    way_out = headers.get("List-Unsubscribe", "")
    if not way_out.startswith(("<https://", "<http://")):
        yield f"{where} has no List-Unsubscribe with a web address in front"
    elif way_out in ways_out:
        yield f"{where} has the List-Unsubscribe of another reader"
    ways_out.add(way_out)
    if headers.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        yield f"{where} has no List-Unsubscribe-Post for one click"
    values = "\n".join(headers.values())
    left = (tag for tag in one.get("substitutions", {}) if tag in values)
    yield from (f"{where} holds the tag {tag}, which stays as it is" for tag in left)


def _people(payload: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    return list(enumerate(payload.get("personalizations", [])))
