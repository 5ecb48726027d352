"""What a case begins with: an issue whose moment has come, closed, with a cast in which each reader has a part."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest import config
from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.readers import consent_wordings
from digest.operations.readers.subscribing import leave
from digest.operations.running.tick import tick
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import subscriber_with_address
from tests.crash.databases import Home, SqliteHome
from tests.crash.shift import Shift
from tests.factories import make_editor, make_issue, make_readers, make_subscriber, make_summary
from tests.statements import keep_what_statements_compile_to
from tests.styles import keep_what_styles_become

TUESDAY = datetime(2024, 5, 14, 9, 0, tzinfo=UTC)
FRIDAY = datetime(2024, 5, 17, 7, 1, tzinfo=UTC)
"""A minute past the send moment of the issue of Friday 17 May 2024, in London."""
ISSUE = "2024-05-17"
READERS = tuple(f"reader{number:06d}@example.org" for number in range(8))
REFUSED = READERS[5]
"""SendGrid calls this address invalid."""
PICKY = "picky@example.org"
"""Chose a topic of which there is nothing this week: gets an edition of headlines."""

_ENVIRON = {
    "SECRET_KEY": "test-secret-key-test-secret-key",
    "SUPPRESSION_KEY": "test-suppression-key-test-suppression",
    "SITE_URL": "http://digest.test",
    "POSTAL_ADDRESS": "Example Press, 1 Street, London",
    "MAIL_FROM": "editor@digest.test",
    "MAIL_TRANSPORT": "sendgrid",
    "SENDGRID_API_KEY": "SG.loopback",
    "SEND_CONCURRENCY": "2",
}


def set_stage(database: Database, readers: int = len(READERS)) -> None:
    """Eight readers or more, one who is picky, an editor, and the closed issue of 17 May 2024 with two summaries."""
    settings = config.load(_ENVIRON, Path(tempfile.gettempdir()))
    make_editor(database)
    make_readers(database, settings, readers)
    make_subscriber(database, settings, PICKY, topics="health")
    make_summary(database, "A clinic is fined", topics=["Health"])
    stories = [
        make_summary(database, "Court annuls a fine", topics=["Enforcement"]),
        make_summary(database, "An app is fined", topics=["AI"]),
    ]
    close_issue(Context(database, settings, TUESDAY), make_issue(database, summary_ids=stories), "alice@digest.test")


def rehearse() -> None:
    """A send from its beginning to its end, so that what is forked from this process finds everything that it takes:
    templates and statements compiled, styles parsed, models mapped.
    """
    keep_what_statements_compile_to()
    keep_what_styles_become()
    with tempfile.TemporaryDirectory() as folder:
        case = open_case(Path(folder), SqliteHome(Path(folder), set_stage), "", {"MAIL_TRANSPORT": "outbox"})
        settings = case.settings()
        with closing(Database(case.url)) as database, closing(open_transport(settings)) as transport:
            tick(Process(database, settings, transport, lambda: FRIDAY))


@dataclass(frozen=True)
class Case:
    """One case: a folder with what its processes share, and its database."""

    folder: Path
    url: str

    @property
    def shift(self) -> Shift:
        """The case's clock."""
        return Shift(self.folder)

    def settings(self) -> Settings:
        """The settings of the case's installation."""
        return config.load(json.loads((self.folder / "environ.json").read_text()), self.folder)

    def note_overrun(self, attempt: str) -> None:
        """An attempt's request took longer than it had, by its sender's clock: it may be in doubt, whatever came."""
        with (self.folder / "overran").open("a") as file:
            file.write(f"{attempt}\n")

    def overran(self) -> set[str]:
        """The attempts whose requests took too long."""
        path = self.folder / "overran"
        return set(path.read_text().split()) if path.exists() else set()

    def log(self) -> str:
        """What its processes said."""
        paths = (self.folder / "log", self.folder / "output")
        return "".join(path.read_text() for path in paths if path.exists())


def open_case(folder: Path, home: Home, sendgrid_url: str, more: dict[str, str] | None = None) -> Case:
    """A fresh case in an empty folder. `more` are further settings."""
    url = home.fresh_database(folder)
    environ = _ENVIRON | {"DATABASE_URL": url, "SENDGRID_HOST": sendgrid_url} | (more or {})
    (folder / "environ.json").write_text(json.dumps(environ))
    return Case(folder, url)


def load_case(folder: Path) -> Case:
    """The case in this folder, as another process sees it."""
    return Case(folder, json.loads((folder / "environ.json").read_text())["DATABASE_URL"])


def let_unsubscribe(case: Case, address: str) -> None:
    """A reader leaves by the link, whatever the senders are doing."""
    settings = case.settings()
    with closing(Database(case.url)) as database:
        with database.reading() as session:
            reader = subscriber_with_address(session, address)
            assert reader is not None
        leave(Context(database, settings, FRIDAY), reader.link_key, consent_wordings.leaving(settings), "/unsubscribe")
