"""What listmonk's API answers of its subscribers, as a table: it alone tells who left which list.

GET /api/subscribers?per_page=all: {"data": {"total": 1, "results": [{uuid, email, name, status (enabled, disabled,
blocklisted), created_at, updated_at, lists: [{name, optin (single, double), subscription_status (unconfirmed,
confirmed, unsubscribed), subscription_created_at, subscription_updated_at}]}]}}. Who is unconfirmed on a list with
single opt-in gets its mail.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.config.private import make_file
from digest.operations.shared.refusal import Refused

_COLUMNS = ("uuid", "email", "name", "attributes", "status", "subscription_status", "confirmed_at", "unsubscribed_at")
_RESULTS, _BLANK = re.compile(r'"results"\s*:\s*\['), re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()
_STEP = 1 << 16
"""So many characters are read at a time, and may stand before the results, and behind them."""
_LARGEST = 1 << 20
"""No subscriber has more of them."""
_Subscriber = Mapping[str, Any]


@dataclass(frozen=True)
class ListmonkAnswer:
    """An answer that was read to its end once; it may be larger than memory."""

    path: Path
    lists: tuple[str, ...]
    """The names of all lists that anybody in it is on, sorted."""

    def subscribers(self) -> Iterator[_Subscriber]:
        """Each of them, from the file's beginning."""
        return _subscribers(self.path, [])


def listmonk_answer(path: Path) -> ListmonkAnswer | None:
    """Such an answer; None for any other file. Raises Refused for one that has not all of them: who left may stand on
    another of its pages.
    """
    if path.suffix.lower() != ".json":
        return None
    lists, count, around = set[str](), 0, list[str]()
    try:
        for one in _subscribers(path, around):
            lists.update(str(each.get("name")) for each in one["lists"] or ())
            count += 1
        total = json.loads("".join(around))["data"].get("total")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if isinstance(total, int) and total > count:
        raise Refused(
            f"It has {count:,} of {total:,} subscribers. Ask with ?per_page=all, and import that answer. Nothing "
            "was imported."
        )
    return ListmonkAnswer(path, tuple(sorted(lists)))


def _subscribers(path: Path, around: list[str]) -> Iterator[_Subscriber]:
    """Each object of the results, with no more of the file in memory than it needs; `around` gets what stands before
    and after them. Raises ValueError for a file that is no such answer.
    """
    with path.open(encoding="utf-8-sig") as file:
        text = file.read(_STEP)
        begin = _RESULTS.search(text)
        if begin is None:
            raise ValueError("no results")
        around.append(text[: begin.end()])
        at = begin.end()
        while True:
            at = _end_of_blank(text, at)
            if text[at : at + 1] == "]":
                break
            try:
                one, at = _DECODER.raw_decode(text, at)
            except json.JSONDecodeError:
                more = file.read(_STEP)
                if not more or len(text) - at > _LARGEST:
                    raise
                text, at = text[at:] + more, 0
                continue
            if not isinstance(one, dict):
                raise ValueError("no subscriber")
            yield one
        around.append(text[at:] + file.read(_STEP))
        if file.read(1):
            raise ValueError("too much behind the results")


def _end_of_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def write_table(answer: ListmonkAnswer, target: Path, mailing_list: str) -> Path:
    """Write them as CSV, each on the line after its place: where they stand on the list of that name.

    Raises Refused where none is named and they are on several: nobody knows which of them this site's readers chose.
    """
    names = answer.lists
    if not mailing_list and len(names) > 1:
        raise Refused(
            f"It has the lists {', '.join(names[:8])}. Say with --list which of them has your readers. Nothing was "
            "imported."
        )
    chosen = mailing_list or "".join(names)
    if chosen not in names:
        raise Refused(f"There is no list “{chosen}” in it, but {', '.join(names[:8]) or 'none'}. Nothing was imported.")
    make_file(target)
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        table.writerows(_row(each, chosen) for each in answer.subscribers())
    return target


def _row(one: _Subscriber, mailing_list: str) -> tuple[str, ...]:
    on: Mapping[str, Any] = next((each for each in one.get("lists") or () if each.get("name") == mailing_list), {})
    said = str(on.get("subscription_status", "not on this list"))
    stands = "confirmed" if said == "unconfirmed" and on.get("optin") == "single" else said
    began, changed = str(on.get("subscription_created_at") or ""), str(on.get("subscription_updated_at") or "")
    identity = (str(one.get("uuid", "")), str(one.get("email", "")), " ".join(str(one.get("name", "")).split()))
    status = str(one.get("status", ""))
    dates = (began if stands == "confirmed" else "", changed if stands == "unsubscribed" else "")
    return (*identity, "", status, stands, *dates)
