"""JSON that is kept, and the version of its form."""

from __future__ import annotations

import json

import pytest

from digest.domain.shared.stored import UnreadableRecord, packed, unpacked


def test_a_version_is_stored_once_there_is_more_than_one() -> None:
    assert json.loads(packed({"mood": "good"}, 1)) == {"mood": "good"}
    assert json.loads(packed({"mood": "good"}, 2)) == {"version": 2, "mood": "good"}


def test_a_program_reads_what_it_and_its_elders_stored() -> None:
    for version in (1, 2):
        assert unpacked(packed({"mood": "good"}, version), 2, "note")["mood"] == "good"
    with pytest.raises(UnreadableRecord, match="newer program"):
        unpacked(packed({"mood": "good"}, 2), 1, "note")
