"""What logs may never show: keys, readers' links, addresses."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from sqlalchemy.exc import IntegrityError

from digest.cli.shared.logs import redacted
from digest.config import Settings
from digest.domain.running.redaction import Redaction
from digest.domain.shared.tokens import Purpose, new_key, seal
from digest.storage.base.database import Database
from tests.factories import make_subscriber

TOKEN = "Q2hlY2stb25seS1hLXRva2VuLW5vdC1hLXNlY3JldDA"
assert len(TOKEN) == len(seal(Purpose.UNSUBSCRIBE, new_key(), "secret"))
KNOWN = "planted @:/ value"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (f"POST /unsubscribe/{TOKEN} by zoe@example.org", "POST /unsubscribe/[token] by z***@example.org"),
        ("Bearer SG.abcdefghijk.lmnop and SG.qrstuvwxyz123", "Bearer [secret] and [secret]"),
        (f"/confirm/{TOKEN}.", "/confirm/[token]."),
        (f"?next=/unsubscribe/{TOKEN}&x", "?next=/unsubscribe/[token]&x"),
        (f"%2Funsubscribe%2F{TOKEN}%26x", "%2Funsubscribe%2F[token]%26x"),
        (f"%252Fhold%252F{TOKEN}", "%252Fhold%252F[token]"),
        (f"/preferences/{TOKEN[:20]}…", "/preferences/[token]…"),
        (f"'GET /unsubscribe/{TOKEN}\\r'", "'GET /unsubscribe/[token]\\r'"),
        (f"<{TOKEN}>", "<[token]>"),
        ("ü@bücher.example, x", "ü***@bücher.example, x"),
        ("zoe@xn--bcher-kva.example", "z***@xn--bcher-kva.example"),
        ("zoe.b\u0308@bu\u0308cher.example", "z***@bu\u0308cher.example"),
        ("zoe+tag=a@example.org;max@example.org", "z***@example.org;m***@example.org"),
        ('"zoe smith"@example.org', "z***@example.org"),
        ("?email=zoe%40example.org&x", "?e***%40example.org&x"),
        ("zoe＠example.org", "z***＠example.org"),
        ("zoe&#64;example.org", "z***&#64;example.org"),
        ("zoe@[192.0.2.1]", "z***@[192.0.2.1]"),
        ("postgresql+psycopg://digest:pw@db/digest", "postgresql+psycopg://digest:[secret]@db/digest"),
        ("postgresql://digest:p@s:s/w@db/digest", "postgresql://digest:[secret]@db/digest"),
        ("https://op:pw@hooks.example/x", "https://[secret]@hooks.example/x"),
        ("PGPASSWORD=pw pg_dump", "PGPASSWORD=[secret] pg_dump"),
        ("db?password=pw&sslpassword=pw2&x=y", "db?password=[secret]&sslpassword=[secret]&x=y"),
        ("{'password': 'p w', 'a': 1}", "{'password': [secret], 'a': 1}"),
        ("SECRET_KEY=abcdef", "SECRET_KEY=[secret]"),
        ("Authorization: Basic em9lOnB3", "Authorization: [secret]"),
        ("{'HTTP_AUTHORIZATION': 'Token abc'}", "{'HTTP_AUTHORIZATION': '[secret]'}"),
        ("Cookie: a=b; digest_desk=eyJr.Zg.sig", "Cookie: [secret]"),
        ("digest_desk=eyJr.Zg.sig; Path=/desk", "digest_desk=[secret]; Path=/desk"),
        ("csrf IjRk.Zg8.q1-w", "csrf [secret]"),
        (f"{KNOWN} and planted%20%40%3A%2F%20value", "[secret] and [secret]"),
        ("GET /news?q=my+illness&page=2 HTTP/1.1", "GET /news?[query] HTTP/1.1"),
        ("'/preferences/x?a=b'", "'/preferences/x?[query]'"),
        # What is no secret stays.
        ("https://feeds.example/news?format=rss", "https://feeds.example/news?format=rss"),
        ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 203.0.113.7"),
        ("GET /news/reuters/court-annuls-the-fine-of-the-data-protection-authority/4351", None),
        ("https://social.example/@name", None),
        ('File "/srv/digest/operations/sending_again_with_a_very_long_name_of_its_own.py", line 3', None),
        ("SECRET_KEY: use at least 16 random characters", None),
    ],
)
def test_secrets_are_taken_out_and_nothing_else(said: str, heard: str | None) -> None:
    assert Redaction([KNOWN])(said) == (said if heard is None else heard)


@pytest.mark.parametrize(
    "piece", ["a", "a@", "A-", "://", "postgres://", "https://", "cookie:", "password=", 'password="', '"', "'", "SG.",
              "eyJ.", "/confirm/", "%2F", "%40", "&#", "@", "bearer ", "\\"],
)  # fmt: skip
def test_a_long_line_takes_no_longer_than_its_length(piece: str) -> None:
    """Ten times the text may take up to fifty times as long here; with a pattern that backs up it takes a hundred."""
    short, long = (piece * (size // len(piece)) for size in (20_000, 200_000))
    assert least_of_three(long) < 50 * least_of_three(short) + 0.05


def least_of_three(text: str) -> float:
    taken = []
    for _ in range(3):
        started = time.process_time()
        redacted(text)
        taken.append(time.process_time() - started)
    return min(taken)


SPEAKER = r"""
import logging, sys, threading, warnings
from digest.cli.shared.logs import log_to_stderr
log_to_stderr(logging.INFO)
warnings.simplefilter("always")
secret = "zoe@example.org /unsubscribe/" + "{token}"
logging.getLogger("werkzeug").error("%s", secret)
theirs = logging.StreamHandler(); logging.getLogger("theirs").addHandler(theirs)
logging.getLogger("theirs").warning(secret)
logging.getLogger("theirs").warning("too few %s %s", secret)
warnings.warn(secret)
print(secret, file=sys.stderr)
sys.stderr.write("zoe@exam"); sys.stderr.flush(); sys.stderr.write("ple.org\n")
try:
    raise ValueError(secret)
except ValueError as error:
    logging.getLogger("apscheduler").exception("job", stack_info=True)
def fail(): raise ValueError(secret)
thread = threading.Thread(target=fail); thread.start(); thread.join()
raise ValueError(secret)
"""


COMMAND = r"""
import logging, threading
from digest.cli.shared.logs import log_as_a_command
log_as_a_command()
secret = "zoe@example.org /unsubscribe/{token}"
logging.getLogger("digest").warning(secret)
def fail(): raise ValueError(secret)
thread = threading.Thread(target=fail); thread.start(); thread.join()
fail()
"""


def test_nothing_that_a_command_logs_or_dies_of_has_a_secret() -> None:
    said = subprocess.run([sys.executable, "-c", COMMAND.format(token=TOKEN)], capture_output=True, text=True).stderr
    assert said.startswith("digest: z***@example.org /unsubscribe/[token]\n")
    assert said.count("ValueError: z***@example.org /unsubscribe/[token]\n") == 2
    assert "zoe" not in said
    assert TOKEN not in said


def test_nothing_that_a_process_writes_to_its_log_has_a_secret() -> None:
    said = subprocess.run([sys.executable, "-c", SPEAKER.format(token=TOKEN)], capture_output=True, text=True).stderr
    assert said.count("z***@example.org") == 9
    assert "zoe" not in said
    assert TOKEN not in said
    assert "ValueError" in said


IN_JSON = """
import tempfile
from digest import config
log_to_stderr(logging.INFO, config.load({"INSTANCE_PATH": tempfile.mkdtemp(), "LOG_FORMAT": "json"}))
"""


def test_in_json_every_line_is_an_object_without_a_secret() -> None:
    speaker = SPEAKER.format(token=TOKEN).replace("log_to_stderr(logging.INFO)\n", IN_JSON)
    said = subprocess.run([sys.executable, "-c", speaker], capture_output=True, text=True).stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"at", "level", "logger", "message"} <= lines[0].keys()
    assert {line["logger"] for line in lines} == {"werkzeug", "theirs", "py.warnings", "stderr", "apscheduler"}
    assert said.count("z***@example.org") == 9
    assert "ValueError" in next(line["trace"] for line in lines if line["logger"] == "apscheduler")
    assert "zoe" not in said
    assert TOKEN not in said


LONG_TICK = """
import logging
from digest.cli.shared.logs import log_to_stderr
log_to_stderr(logging.INFO)
logging.getLogger("apscheduler.scheduler").warning("skipped: maximum number of running instances reached")
logging.getLogger("apscheduler.executors.default").error("it failed")
"""


def test_a_tick_that_takes_long_is_no_news_every_five_seconds() -> None:
    said = subprocess.run([sys.executable, "-c", LONG_TICK], capture_output=True, text=True).stderr
    assert said.endswith("ERROR apscheduler.executors.default: it failed\n")
    assert said.count("\n") == 1


@pytest.mark.on_both
def test_a_database_error_does_not_name_the_address(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    with pytest.raises(IntegrityError) as caught:
        make_subscriber(db, settings, "zoe@example.org")
    assert "zoe@example.org" not in str(caught.value)
