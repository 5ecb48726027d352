"""Characters that a database can't hold, pasted into the desk's forms: a page or a refusal, never a broken one."""

from __future__ import annotations

import pytest

from digest.storage.base.database import Database
from tests.factories import make_issue, make_summary
from tests.web.browser import Browser

pytestmark = pytest.mark.on_both

NUL = "a\0b"


@pytest.mark.parametrize("path", ["/desk/subscribers?q=a%00b", "/desk/subscribers?state=%00", "/desk/issues/%00"])
def test_an_odd_address_is_a_page_or_none(ada: Browser, path: str) -> None:
    assert ada.open(path).status_code in (200, 404)


def test_an_odd_email_signs_nobody_in(stranger: Browser) -> None:
    assert stranger.sign_in(NUL, NUL).status_code in (401, 422)


def test_an_odd_summary_is_kept_without_what_is_odd(alice: Browser, db: Database) -> None:
    fields = ("title", "publication", "body", "new_topics", "source_title", "source_publication")
    form = dict.fromkeys(fields, NUL) | {"date": "2024-05-13", "source_url": "https://example.org/"}
    for act in ("save", "publish"):
        assert alice.send("/desk/summaries/new", form={**form, "act": act}).status_code in (303, 422)
    assert db


def test_an_odd_introduction_is_kept_without_what_is_odd(alice: Browser, db: Database) -> None:
    make_issue(db, summary_ids=[make_summary(db)])
    answer = alice.send("/desk/issues/2024-05-17/words", introduction=NUL, subject=NUL, preheader=NUL)
    assert answer.status_code in (303, 422)
