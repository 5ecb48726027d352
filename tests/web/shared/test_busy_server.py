"""A served site, while somebody else writes and twenty forms wait: everybody reads, and nobody's form is lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.cli.sites import forked
from tests.factories import make_summary
from tests.ports import free_port
from tests.web.shared.busy import someone_writes

FORMS = 20
PATHS = ("/", "/news", "/health")


@dataclass(frozen=True)
class Answer:
    """What a server answered, and after how many seconds."""

    status: int
    text: str
    seconds: float


@pytest.fixture
def site(db: Database, settings: Settings, environ: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The address of a site in processes of its own."""
    make_summary(db, "Court annuls a fine")
    where = f"127.0.0.1:{free_port()}"
    here = {**environ, "PATH": os.environ["PATH"], "INSTANCE_PATH": str(settings.instance_path)}
    with forked(here, where, tmp_path / "log"):
        until = time.monotonic() + 60
        while ask(f"http://{where}/").status != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        yield f"http://{where}"
    assert "Traceback" not in (tmp_path / "log").read_text()


def ask(url: str, **form: str) -> Answer:
    began = time.monotonic()
    try:
        with urlopen(url, urlencode(form).encode() if form else None, timeout=60) as answer:
            status, text = answer.status, answer.read().decode()
    except HTTPError as error:
        status, text = error.code, error.read().decode()
    except URLError:
        status, text = 0, ""  # it isn't there yet
    return Answer(status, text, time.monotonic() - began)


def test_everybody_reads_while_twenty_forms_wait(site: str, settings: Settings) -> None:
    for path in PATHS * 3:
        ask(site + path)  # each process has loaded its templates by then
    usual = max(ask(site + path).seconds for path in PATHS * 3)
    with someone_writes(settings), ThreadPoolExecutor(FORMS) as people:
        forms = [people.submit(ask, f"{site}/subscribe", email=f"reader{n}@example.org") for n in range(FORMS)]
        time.sleep(0.3)
        read = []
        while not all(form.done() for form in forms):
            read += [ask(site + path) for path in PATHS]
        answers = [form.result() for form in forms]
    assert len(read) >= 3
    assert {answer.status for answer in read} == {200, 503}, "no clock runs here, and /health says so"
    assert max(answer.seconds for answer in read) < max(2.5, 3 * usual)  # a form gives up after three
    assert [answer.status for answer in answers] == [503] * FORMS
    assert all(f'value="reader{n}@example.org"' in answer.text for n, answer in enumerate(answers))
    assert max(answer.seconds for answer in answers) < 10
    assert "Check your inbox" in ask(f"{site}/subscribe", email="reader0@example.org").text
