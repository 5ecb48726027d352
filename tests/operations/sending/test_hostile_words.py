"""A headline, the site's name and an editor's name that quote encoded words: readers get the words themselves."""

from __future__ import annotations

from contextlib import closing

import pytest

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.people.logins import invite
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import Ending
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.writing.summaries import Summary
from tests.conftest import TUESDAY, Mailbox, html_of, text_of, through
from tests.factories import make_issue, make_readers, make_summary
from tests.hostile import TEXTS
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import ALICE, send

CODE = TEXTS[0]
FORBIDDEN = {"bcc", "cc", "x-evil"}


@pytest.fixture
def environ(request: pytest.FixtureRequest, environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid) | {"MAIL_TRANSPORT": request.param, "SITE_NAME": f"Digest {CODE}"}


def go(db: Database, settings: Settings) -> None:
    """An issue whose headline quotes a code goes to two readers, and an editor with such a name invites another."""
    make_readers(db, settings, 2)
    issue_id = make_issue(db, summary_ids=[make_summary(db, f"Court on {CODE}")])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue_id, ALICE) is Freeze.FROZEN
    assert send(db, settings, issue_id) is Ending.DONE
    invite(Context(db, settings, TUESDAY), f"Eve {CODE}", "new@digest.test")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("environ", ["outbox"], indirect=True)
def test_files_show_the_words(db: Database, settings: Settings, mailbox: Mailbox) -> None:
    go(db, settings)
    *copies, invitation = mailbox.read()
    assert len(copies) == 2
    assert {copy["Subject"] for copy in copies} == {f"Court on {CODE}"}
    assert invitation["Subject"] == f"Eve {CODE} invites you to edit Digest {CODE}"
    for message in (*copies, invitation):
        assert message["From"].addresses[0].display_name == f"Digest {CODE}"
        assert not FORBIDDEN & {name.lower() for name in message}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("environ", ["sendgrid"], indirect=True)
def test_requests_hold_the_words(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    go(db, settings)
    with closing(open_transport(settings)) as transport:
        assert deliver_waiting(db, settings, transport, lambda: TUESDAY) == 1
    digest, invitation = (request.payload or {} for request in sendgrid.accepted if request.payload)
    assert digest["subject"] == f"Court on {CODE}"
    assert invitation["subject"] == f"Eve {CODE} invites you to edit Digest {CODE}"
    for payload in (digest, invitation):
        assert payload["from"]["name"] == f"Digest {CODE}"
        assert not FORBIDDEN & {name.lower() for person in payload["personalizations"] for name in person}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("environ", ["outbox"], indirect=True)
def test_link_that_an_older_version_took_in_leads_nobody_elsewhere(
    db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    hiding = "https://exa\u200bmple.org/"
    make_readers(db, settings, 1)
    sources = [(hiding, "Hidden", "Evil"), ("https://example.net/", "Plain", "Good")]
    kept = make_summary(db, "A story", sources=sources)
    with db.writing() as session:
        session.get_one(Summary, kept).body_html = f'<p>Read <a href="{hiding}">this</a>.</p>'
    issue_id = make_issue(db, summary_ids=[kept])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue_id, ALICE) is Freeze.FROZEN
    assert send(db, settings, issue_id) is Ending.DONE
    (copy,) = mailbox.read()
    assert hiding not in html_of(copy) + text_of(copy)
    assert "https://example.net/" in html_of(copy)
    assert ">this<" in html_of(copy)
