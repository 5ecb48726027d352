"""What readers would find in their mailboxes after a request was accepted."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class ReceivedMail:
    """One message as one reader gets it; `text` or `html` is empty where the request had no such part."""

    to: str
    subject: str
    headers: Mapping[str, str]
    text: str
    html: str
    custom_args: Mapping[str, str]


def mails_in(payload: Mapping[str, Any]) -> Iterator[ReceivedMail]:
    """The messages that a request makes, in its order.

    Substitutions reach subject and content, in one pass: what was put in is not searched again. They do not
    reach headers, so a tag that was left in one shows here as readers would see it.
    """
    parts = {part["type"]: part["value"] for part in payload.get("content", ())}
    for one in payload["personalizations"]:
        put_in = _substituting(one.get("substitutions", {}))
        for person in (*one.get("to", ()), *one.get("cc", ()), *one.get("bcc", ())):
            yield ReceivedMail(
                to=person["email"],
                subject=put_in(one.get("subject") or payload.get("subject", "")),
                headers={**payload.get("headers", {}), **one.get("headers", {})},
                text=put_in(parts.get("text/plain", "")),
                html=put_in(parts.get("text/html", "")),
                custom_args={**payload.get("custom_args", {}), **one.get("custom_args", {})},
            )


def _substituting(values: Mapping[str, str]) -> Callable[[str], str]:
    if not values:
        return str
    tags = _any_of(tuple(sorted(values, key=len, reverse=True)))
    return lambda text: tags.sub(lambda tag: values[tag.group()], text)


@lru_cache(maxsize=32)
def _any_of(tags: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, tags)))
