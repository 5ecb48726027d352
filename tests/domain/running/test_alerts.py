"""The kinds of alerts, as the operator's page has them."""

from __future__ import annotations

from pathlib import Path

from digest.domain.running.alerts import LONGEST_CAUSE, MEANINGS, AlertKind, cause

RUNNING = Path(__file__).parents[3] / "docs" / "operating.md"


def test_each_kind_is_told_of_where_operators_look() -> None:
    said = RUNNING.read_text().replace("`", "")
    assert MEANINGS.keys() == set(AlertKind)
    assert [kind for kind, meaning in MEANINGS.items() if f"| {kind} | {meaning} |".replace("`", "") not in said] == []


def test_a_cause_names_its_kind_and_fits_its_column() -> None:
    assert cause(AlertKind.HELD, "2026-11-27") == "held:2026-11-27"
    assert len(cause(AlertKind.STEP_FAILED, "x" * 500)) == LONGEST_CAUSE
