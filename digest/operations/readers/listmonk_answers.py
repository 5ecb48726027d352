"""What listmonk's API answers of its subscribers, as a table: it alone tells who left which list.

GET /api/subscribers?per_page=all: {"data": {"total": 1, "results": [{uuid, email, name, status (enabled, disabled,
blocklisted), created_at, updated_at, lists: [{name, optin (single, double), subscription_status (unconfirmed,
confirmed, unsubscribed), subscription_created_at, subscription_updated_at}]}]}}. Who is unconfirmed on a list with
single opt-in gets its mail.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from digest.config.private import make_file
from digest.operations.shared.refusal import Refused

_COLUMNS = ("uuid", "email", "name", "attributes", "status", "subscription_status", "confirmed_at", "unsubscribed_at")
_Subscriber = Mapping[str, Any]


def listmonk_answer(path: Path) -> Sequence[_Subscriber] | None:
    """The subscribers in such an answer; None for any other file. Raises Refused for one that has not all of them: who
    left may stand on another of its pages.
    """
    if path.suffix.lower() != ".json":
        return None
    try:
        data = json.loads(path.read_bytes())["data"]
        found, total = data["results"], data.get("total")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(each, dict) and "lists" in each for each in found):
        return None
    if isinstance(total, int) and total > len(found):
        raise Refused(
            f"It has {len(found):,} of {total:,} subscribers. Ask with ?per_page=all, and import that answer. Nothing "
            "was imported."
        )
    return found


def write_table(subscribers: Sequence[_Subscriber], target: Path, mailing_list: str) -> Path:
    """Write them as CSV, each on the line after its place: where they stand on the list of that name.

    Raises Refused where none is named and they are on several: nobody knows which of them this site's readers chose.
    """
    names = sorted({str(each.get("name")) for one in subscribers for each in one.get("lists") or ()})
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
        table.writerows(_row(each, chosen) for each in subscribers)
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
