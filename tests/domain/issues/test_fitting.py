"""Which of an editor's words fit an edition that lacks a headline."""

from __future__ import annotations

import pytest

from digest.domain.issues.fitting import fits


@pytest.mark.parametrize(
    ("own", "left_out", "stays"),
    [
        ("TikTok’s appeal", "TikTok loses", False),
        ("Google's week", "Google fined by CNIL", False),
        ("Ireland’s DPC acts", "DPC fines Meta", False),
        ("The bank pays", "Fines for the banks’ data", False),
        ("A week of courts", "Court annuls a fine", True),
        ("The week’s news on data", "Data brokers sued", True),
        ("What the regulators did", "Regulator fines a bank", True),
        ("New rules on privacy", "Privacy rules for drones", True),
    ],
)
def test_words_go_where_they_name_what_is_left_out_and_general_ones_stay(own: str, left_out: str, stays: bool) -> None:
    assert fits(own, [left_out], ["An audit of apps"]) is stays
