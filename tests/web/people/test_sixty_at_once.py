"""Sixty people sign in at the same moment, at a real server: whoever reads notices nothing."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlencode

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.bench.site import Site, serving

MEMORY_MB = 400
SECONDS = 2.5
"""Under a second on a machine that does nothing else; twelve where each of sixty is looked at at once."""


class Watch(threading.Thread):
    """Reads the front page again and again; notes the slowest answer and the most memory."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        self.enough = threading.Event()
        self.slowest = 0.0
        self.memory = 0

    def run(self) -> None:
        while not self.enough.is_set():
            self.memory = max(self.memory, self._site.memory() // 1024)
            began = time.monotonic()
            assert get(self._site, "/") == 200
            self.slowest = max(self.slowest, time.monotonic() - began)


def send(site: Site, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, str]:
    """Status, cookie and page of one request on a connection of its own."""
    with closing(site.connect()) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Set-Cookie", "").partition(";")[0], answer.read().decode()


def get(site: Site, path: str) -> int:
    return send(site, "GET", path)[0]


def usual(site: Site) -> float:
    """How long the front page takes on this machine, as busy as it is, while nobody signs in."""
    for _ in range(10):
        assert get(site, "/") == 200  # each process has loaded its templates by then
    took = []
    for _ in range(10):
        began = time.monotonic()
        assert get(site, "/") == 200
        took.append(time.monotonic() - began)
    return max(took)


@pytest.mark.only_on("sqlite")
def test_sixty_sign_ins_at_once_hold_up_no_reader_and_stay_small(
    db: Database, settings: Settings, environ: dict[str, str]
) -> None:
    db.close()
    with serving(environ | {"INSTANCE_PATH": str(settings.instance_path)}) as site:
        _, cookie, page = send(site, "GET", "/desk/sign-in")
        token = re.findall('name="csrf_token" value="([^"]+)"', page)[0]
        patience = max(SECONDS, 3 * usual(site))

        def sign_in(number: int) -> int:
            typed = {"csrf_token": token, "email": f"somebody{number}@digest.test", "password": "not this one"}
            form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
            return send(site, "POST", "/desk/sign-in", urlencode(typed), **form)[0]

        watch = Watch(site)
        watch.start()
        try:
            with ThreadPoolExecutor(60) as pool:
                answers = Counter(pool.map(sign_in, range(60)))
        finally:
            watch.enough.set()
            watch.join()
        assert set(answers) == {422, 429}
        assert watch.slowest < patience
        assert watch.memory < MEMORY_MB
        assert sign_in(99) == 422
