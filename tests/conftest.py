"""The cast and the stage: an installation of its own for every test, its site, its mailbox and its clock."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from subprocess import SubprocessError

import psycopg
import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from digest import config
from digest.app import create_app
from digest.config import Settings
from digest.config.private import make_file, make_folder
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.people import password_hashing
from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.running import schema
from tests import postgresql
from tests.factories import count_anew
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.routes import keep_what_routes_compile_to
from tests.statements import keep_what_statements_compile_to
from tests.styles import keep_what_styles_become
from tests.temporary import keep_in_memory

TUESDAY = datetime(2024, 5, 14, 9, 0, tzinfo=UTC)
"""When tests begin: before Friday 17 May 2024's issue, whose cut-off is Thursday the 16th at 16:00 in London."""


ENVIRON = {
    "SECRET_KEY": "test-secret-key-test-secret-key",
    "SUPPRESSION_KEY": "test-suppression-key-test-suppression",
    "SITE_URL": "http://digest.test",
    "POSTAL_ADDRESS": "Example Press, 1 Street, London",
    "MAIL_FROM": "editor@digest.test",
    "MAIL_REPLY_TO": "reply@digest.test",
}
"""The settings of a test's installation that are the same for all."""

THE_HASHER = password_hashing._hasher
"""What passwords are hashed with in earnest. In tests they are hashed with as little as argon2 takes."""
password_hashing._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

keep_in_memory()

_COMPILED = tempfile.TemporaryDirectory(prefix="digest-pages-")
Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(_COMPILED.name)}
"""Every test has a site of its own; what its pages compile to is kept for as long as this process runs."""

keep_what_routes_compile_to()
keep_what_statements_compile_to()
keep_what_styles_become()

_ON_BOTH = ("operations", "storage")
"""Rooms that say what SQL does or lock by it: their tests run on SQLite and PostgreSQL, and so do those elsewhere that
are marked `on_both`. The others run on SQLite alone; `tests/web/shared/test_every_page.py` walks through all pages on
PostgreSQL."""

_BY_WHAT_IS_GIVEN = ("storage",)
"""Rooms whose SQL is another for other arguments. In the others, the same statements run whatever a test is given: on
PostgreSQL it is given its first parameters, unless it is marked `on_both`."""

_BEFORE_A_SEARCH = 5_000
"""Objects that are made before Python searches for rubbish; 700 if nobody says otherwise."""

_CHOSEN = ("on_both", "only_on")


@dataclass(frozen=True)
class Home:
    """Where a test's installation keeps its rows; without a URL in the SQLite file of its instance folder."""

    kind: str
    url: str = ""


class Mailbox:
    """What the outbox transport has written, read as a mail client would."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db

    def read(self) -> list[EmailMessage]:
        """Hand over what waits, then all messages, the oldest file name first."""
        deliver_waiting(self._db, self._settings, open_transport(self._settings), lambda: datetime.now(UTC))
        found = []
        for path in sorted(self._settings.outbox_path.glob("*.eml")):
            message = message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found

    def to(self, address: str) -> list[EmailMessage]:
        """The messages to one address."""
        return [message for message in self.read() if message["To"] == address]


def text_of(message: EmailMessage) -> str:
    """A message's plain text part."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    """A message's HTML part."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def through(sendgrid: LoopbackSendGrid) -> dict[str, str]:
    """The settings of an installation that sends through this SendGrid."""
    return {"MAIL_TRANSPORT": "sendgrid", "SENDGRID_API_KEY": "SG.loopback", "SENDGRID_HOST": sendgrid.url}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than processors: a third of the time a test waits, for a fork, a browser or a database."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a database on the kinds that it is about: see `_ON_BOTH`, `on_both` and `only_on`."""
    if not {"db", "home"} & set(metafunc.fixturenames):
        return
    only = metafunc.definition.get_closest_marker("only_on")
    both = _room(metafunc.definition.path) in _ON_BOTH or metafunc.definition.get_closest_marker("on_both")
    kinds = only.args if only else ("sqlite", "postgresql") if both else ()
    marked = [pytest.param(kind, marks=pytest.mark.postgresql if kind == "postgresql" else ()) for kind in kinds]
    if marked:
        metafunc.parametrize("home", marked, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what PostgreSQL need not be asked again: see `_BY_WHAT_IS_GIVEN`."""
    asked: set[str] = set()
    items[:] = [item for item in items if not _is_asked_again(item, asked)]


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: no search for rubbish walks through it again, nor comes as often as in
    a process that has little. Memory that a test measures is another process's.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_BEFORE_A_SEARCH, 20, 20)


def _is_asked_again(item: pytest.Item, asked: set[str]) -> bool:
    if item.get_closest_marker("postgresql") is None or _room(item.path) in _BY_WHAT_IS_GIVEN:
        return False
    if any(map(item.get_closest_marker, _CHOSEN)):
        return False
    test = item.nodeid.partition("[")[0]
    again = test in asked
    asked.add(test)
    return again


def _room(path: Path) -> str:
    return path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture(autouse=True)
def records_as_they_are() -> Iterator[None]:
    """A command that runs in this process has its records made without secrets; the next test looks at them whole."""
    yield
    logging.setLogRecordFactory(logging.LogRecord)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """The run's PostgreSQL; without it these tests say so and are left out."""
    if postgresql.MISSING:
        pytest.skip(postgresql.MISSING)
    try:
        server = postgresql.Server(os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid())))
    except (OSError, RuntimeError, SubprocessError, psycopg.Error) as error:
        pytest.skip(f"PostgreSQL for tests does not start on this machine: {error}")
    yield server
    server.close()


@pytest.fixture
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    """SQLite unless the test is run on PostgreSQL: then a database of its own, migrated and empty."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield Home(kind)
        return
    with request.getfixturevalue("postgresql_server").database() as url:
        yield Home(kind, url)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database, brought up by the migrations once and copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "digest.db"
    make_file(path)
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database, MIGRATIONS)
    database.close()
    return path


@pytest.fixture
def environ(home: Home) -> dict[str, str]:
    """The settings of a test's installation, as environment variables."""
    return ENVIRON | ({"DATABASE_URL": home.url} if home.url else {})


@pytest.fixture
def settings(environ: dict[str, str], tmp_path: Path) -> Settings:
    """The settings of a test's installation."""
    return config.load(environ, tmp_path)


@pytest.fixture
def db(settings: Settings, migrated: Path) -> Iterator[Database]:
    """A migrated, empty database."""
    count_anew()
    make_folder(settings.instance_path)
    if settings.database_url.startswith("sqlite"):
        shutil.copy(migrated, settings.instance_path / "digest.db")
    database = Database(settings.database_url)
    yield database
    database.close()


@pytest.fixture
def sendgrid() -> Iterator[LoopbackSendGrid]:
    """A SendGrid on this machine; an installation sends through it if its settings say so (`through`)."""
    with LoopbackSendGrid() as server:
        yield server


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The wall clock, standing still on Tuesday 14 May 2024 until a test moves it."""
    with time_machine.travel(TUESDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(settings: Settings, db: Database, clock: time_machine.Traveller) -> Iterator[Flask]:  # noqa: ARG001
    """The site; its postman sleeps, so that a test decides when messages leave (`mailbox.read()`)."""
    application = create_app(settings, with_postman=False)
    application.testing = True
    yield application
    application.extensions["digest"].db.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def mailbox(settings: Settings, db: Database) -> Mailbox:
    """Where messages arrive."""
    return Mailbox(settings, db)
