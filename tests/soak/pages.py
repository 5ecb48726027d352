"""What pages cost, asked in the same way each week; and what the process has in memory."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

from tests.soak.desk import Desk

_PUBLIC = ("/", "/news", "/news?q=regulator+fine", "/news?topic=health", "/issues", "/feed.atom", "/privacy", "/health")
_DESK = ("/desk/issue", "/desk/summaries", "/desk/subscribers", "/desk/reports", "/desk/operating", "/desk/audit")
TIMES = 3


def cost_of_pages(desk: Desk, day: date) -> dict[str, float]:
    """Milliseconds of the processor, by page: the least of some requests, so that what else goes on does not count."""
    return {path: _least(desk, path) for path in (*_PUBLIC, *_DESK, f"/issues/{day}", f"/desk/reports/{day}")}


def resident() -> float:
    """What this process has in memory, in MB: the installation, SendGrid's stand-in and the cast."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1_000 if found else 0.0


def _least(desk: Desk, path: str) -> float:
    costs = []
    for _ in range(TIMES):
        began = time.thread_time()
        with desk.browser.open(path) as answer:
            assert answer.status_code == 200, f"GET {path}: {answer.status_code}"
            answer.get_data()
        costs.append(1_000 * (time.thread_time() - began))
    return min(costs)
