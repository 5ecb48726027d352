"""The languages that readers' pages and messages come in. English is what the source is written in."""

from __future__ import annotations

ENGLISH = "en-GB"
NAMES = {ENGLISH: "English", "de": "Deutsch"}
"""By their tag (RFC 5646); each but English has a catalogue, `catalogues/<tag>.po`."""
