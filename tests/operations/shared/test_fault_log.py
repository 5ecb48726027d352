"""What goes on being wrong is said once for each cause, and once when it is over."""

from __future__ import annotations

import pytest

from digest.operations.shared.fault_log import FaultLog


def test_a_trouble_is_said_once_for_each_cause_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    moment = 0.0
    fault_log = FaultLog(lambda: moment)
    for error in (OSError("away"), OSError("away"), ValueError("broken"), OSError("away")):
        fault_log.failed("the tick", "failed", error)
    assert [record.getMessage() for record in caplog.records] == 2 * [
        "the tick failed; this is said once, and when it is over"
    ]
    assert caplog.text.count("OSError: away") == 1
    moment = 185.0
    fault_log.went_well("the tick")
    fault_log.went_well("the tick")
    assert [record.getMessage() for record in caplog.records[2:]] == ["the tick: all is well again, after 3 min"]


def test_it_is_said_again_when_it_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    fault_log = FaultLog()
    for _ in range(2):
        fault_log.failed("the tick", "failed", OSError("away"))
        fault_log.went_well("the tick")
    assert caplog.text.count("the tick failed") == 2


def test_one_trouble_does_not_hide_another(caplog: pytest.LogCaptureFixture) -> None:
    fault_log = FaultLog()
    fault_log.failed("issue 1", "failed")
    fault_log.failed("issue 2", "failed")
    fault_log.went_well("issue 2")
    assert fault_log.lasts("issue 1")
    assert not fault_log.lasts("issue 2")
    assert caplog.text.count("failed") == 2


def test_an_error_that_comes_through_several_hands_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    fault_log = FaultLog()
    for _ in range(2):
        error = OSError("away")
        fault_log.failed("issue 1: sending", "failed", error)
        fault_log.failed("the tick", "failed", error)
    assert [record.getMessage().partition(" failed")[0] for record in caplog.records] == ["issue 1: sending"]
    assert not fault_log.lasts("the tick")
