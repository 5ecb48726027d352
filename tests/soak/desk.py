"""The editors of the year: they publish, correct, hold, move, skip and reopen, by the desk's pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from digest.storage.accounting.unsettled import unsettled_batches
from digest.storage.base.database import Database
from digest.storage.issues.issues import issue_on
from digest.storage.issues.selections import selected_summaries
from digest.storage.sending.batches import BatchState
from digest.storage.sending.copies_to_send import copies_in
from digest.storage.writing.summaries import summary_by_id
from tests.factories import make_summary
from tests.soak.house import House
from tests.web.browser import Browser, make_editor_with_password, one, page

ADA = "ada@digest.test"
_SESSION = timedelta(hours=2)
_ARCHIVED_A_YEAR = 100
_NAMES = ("AI", "Health", "Children", "Enforcement")
_WORDS = ("Court", "annuls", "fine", "data", "broker", "clinic", "cookie", "regulator", "appeal", "records", "school")


class Desk:
    """Ada, an admin, at her desk."""

    def __init__(self, house: House, random: Random, archive: int) -> None:
        """Her login, and an archive of so many summaries from the years before."""
        self.house = house
        self.random = random
        self._numbers = count(1)
        make_editor_with_password(house.db, ADA, "Ada", is_admin=True)
        for number in range(archive):
            day = date(2025 - number // _ARCHIVED_A_YEAR, 1 + number % 12, 1 + number % 28)
            make_summary(house.db, f"{self._headline()} in {number}", day, topics=[_NAMES[number % 4]])
        self._signed_in_at: datetime | None = None
        self._site: object = None

    @property
    def browser(self) -> Browser:
        """Her browser; she signs in anew after some hours, and at another site."""
        now = self.house.now
        if self._site is not self.house.site or self._signed_in_at is None or now - self._signed_in_at > _SESSION:
            self._browser = Browser(self.house.site.test_client())
            assert self._browser.sign_in(ADA).status_code == 303
            self._site, self._signed_in_at = self.house.site, now
        return self._browser

    def publish(self, how_many: int) -> None:
        """Summaries, which go on the current issue by themselves."""
        for _ in range(how_many):
            key = one(page(self.browser.open("/desk/summaries/new")), "#summary-form input[name=form_key]")["value"]
            number = next(self._numbers)
            form = {
                "form_key": key, "version": "0", "act": "publish", "on_issue": "1",
                "title": f"{self._headline()} {number}", "date": self.house.now.date().isoformat(),
                "publication": "Euractiv", "body": f"What was decided on case {number}.\n\n> In these words.\n",
                "source_url": f"https://example.org/{number}", "source_title": "The story",
                "source_publication": "Euractiv", "topics": self.random.choice(_NAMES),
            }  # fmt: skip
            self._done("/desk/summaries/new", form)

    def act(self, day: date, action: str, **fields: object) -> None:
        """What the issue's page offers; it must be done."""
        self._done(f"/desk/issues/{day}/{action}", fields)

    def correct(self, day: date) -> None:
        """Of what went on that day one is corrected, one superseded and one withdrawn, if there are so many."""
        keys = self._on(day)
        if keys:
            self._done(f"/desk/summaries/{keys[0]}", self._changed(keys[0]))
        if len(keys) > 2:
            self._done(f"/desk/summaries/{keys[1]}/supersede", {"newer": str(keys[0])})
            self._done(f"/desk/summaries/{keys[2]}/withdraw", {"reason": "A court forbade it."})

    def settle(self, day: date, truth: Counter[str]) -> int:
        """Every held batch is decided as a person would who has read SendGrid's Activity; returns how many."""
        held = _held(self.house.db, day)
        for batch_id in held:
            with self.house.db.reading() as session:
                addresses = copies_in(session, batch_id).addresses
            verdict = "sent" if any(truth[address] for address in addresses) else "resend"
            self._done(f"/desk/reports/{day}/batches/{batch_id}", {"verdict": verdict, "because": "Activity says so"})
        return len(held)

    def _on(self, day: date) -> list[int]:
        with self.house.db.reading() as session:
            issue = issue_on(session, day)
            return [each.id for each in selected_summaries(session, issue.id)] if issue else []

    def _changed(self, key: int) -> dict[str, object]:
        with self.house.db.reading() as session:
            summary = summary_by_id(session, key)
            assert summary is not None
            link = summary.sources[0]
            kept: dict[str, object] = {
                "title": summary.title, "date": summary.published_on.isoformat(), "topics": summary.topics[0].name,
                "publication": summary.publication.name, "source_url": link.url, "source_title": link.title,
                "source_publication": link.publication,
            }  # fmt: skip
        form = one(page(self.browser.open(f"/desk/summaries/{key}")), "#summary-form")
        hidden = {name: str(one(form, f"input[name={name}]")["value"]) for name in ("version", "form_key")}
        return kept | hidden | {"body": "It was decided otherwise.", "correction": "We had it wrong.", "act": "save"}

    def _done(self, path: str, fields: Mapping[str, object]) -> None:
        answer = self.browser.send(path, form=fields)
        shown = page(self.browser.open(answer.location)) if answer.status_code == 303 else page(answer)
        told = " ".join(each.get_text(" ", strip=True) for each in shown.select(".field-error, .notice"))
        assert answer.status_code == 303, f"POST {path}: {answer.status_code} {told}"
        assert shown.select(".notice.is-good"), f"POST {path}: {told}"

    def _headline(self) -> str:
        return " ".join(self.random.sample(_WORDS, 5)).capitalize()


def _held(db: Database, day: date) -> list[int]:
    with db.reading() as session:
        issue = issue_on(session, day)
        return (
            [batch.batch_id for batch in unsettled_batches(session, issue.id) if batch.state == BatchState.HELD]
            if issue
            else []
        )
