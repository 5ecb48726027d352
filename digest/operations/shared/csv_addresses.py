"""Addresses in cells of CSV files, and what a file's words about somebody make of their address."""

from __future__ import annotations

import re
from collections.abc import Mapping

from digest.domain.shared.addresses import Address, parse_in_file
from digest.operations.shared.known_columns import FormerState
from digest.storage.suppressions.suppressions import SuppressionReason

BANS: Mapping[FormerState, SuppressionReason] = {
    FormerState.OBJECTED: SuppressionReason.OBJECTION,
    FormerState.INVALID: SuppressionReason.INVALID,
    FormerState.BOUNCED: SuppressionReason.BOUNCE,
    FormerState.COMPLAINED: SuppressionReason.COMPLAINT,
}
"""What makes an address one never to be mailed."""

_SHOWN = re.compile(r"(?P<name>[^<>]*)<\s*(?P<address>[^<>\s]+)\s*>")


def address_in(text: str) -> tuple[Address, str]:
    """The address in a cell, and the name beside it: `Jane Doe <jane@example.net>`, `mailto:jane@example.net`.

    Raises BadAddress for none, ValueError for two.
    """
    name = ""
    if found := _SHOWN.fullmatch(text):
        name, text = found["name"].strip().strip("\"'").strip(), found["address"]
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    address = parse_in_file(text)
    if "@" in name:
        if name.lower() != text.lower():
            raise ValueError(f"“{name[:40]}” and “{text[:40]}” are two addresses. Give each a row of its own.")
        name = ""
    return address, name
