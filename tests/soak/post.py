"""SendGrid's side of the year: what it took, as a ledger that outlives its journal; the links in what it delivered."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace

from tests.loopback.inbox import mails_in
from tests.loopback.journal import Received, accepted_mail
from tests.loopback.policy import policy_faults
from tests.loopback.sendgrid import LoopbackSendGrid

_OURS = re.compile(r"http://digest\.test(/(?:confirm|yours|hold)/[^\s\"<>)]*)")
_KEPT_ISSUES = 8
"""A copy of an issue older than so many is a fault by itself."""


class Post:
    """All that SendGrid accepted. Its own journal is let go week by week: a year of it fits no machine."""

    def __init__(self, sendgrid: LoopbackSendGrid) -> None:
        self.sendgrid = sendgrid
        self.copies: dict[str, Counter[str]] = defaultdict(Counter)
        """How often each address was accepted, by issue."""
        self.accepted = 0
        self.faults: list[str] = []
        """What SendGrid would not mind, and readers would: trackers, a missing way out, addresses in custom args."""
        self.refused: set[str] = set()
        """Who alone was too much for a request."""
        self.bulk: list[Received] = []
        """This week's accepted copies, of which SendGrid may report."""
        self._links: dict[str, str] = {}
        self._closed: set[str] = set()

    def read(self) -> None:
        """Take note of what came since the last look."""
        received = self.sendgrid.take()
        self.refused |= {one.copies[0].address for one in received if one.status == 413 and len(one.copies) == 1}
        for one in accepted_mail(received):
            self.faults += policy_faults(one.payload or {})[:3]
            issues = {copy.args.get("digest_issue", "") for copy in one.copies}
            if issues == {""}:
                self._note_links(one)
            else:
                self._note_copies(one)

    def link(self, address: str, purpose: str) -> str:
        """The path of the latest link for this purpose that was mailed to an address; empty if there was none."""
        self.read()
        return self._links.get(f"{purpose} {address}", "")

    def forget(self) -> None:
        """The week is judged: let its copies go, its links, and the counts of issues of long ago."""
        self.read()
        self.bulk = []
        self._links.clear()
        for issue in sorted(self.copies)[:-_KEPT_ISSUES]:
            self._closed.add(issue)
            del self.copies[issue]

    def doubled(self) -> list[str]:
        """Who got an issue more than once."""
        complaints = []
        for issue, counts in self.copies.items():
            if twice := sorted(address for address, times in counts.items() if times > 1):
                complaints.append(
                    f"doubled: {len(twice)} got the issue of {issue} twice or more: {', '.join(twice[:3])}"
                )
        return complaints

    def _note_copies(self, one: Received) -> None:
        self.bulk.append(replace(one, payload=None, headers={}))
        self.accepted += len(one.copies)
        for copy in one.copies:
            issue = copy.args.get("digest_issue", "")
            if issue in self._closed:
                self.faults.append(f"doubled: {copy.address} got the issue of {issue} again, months later")
            self.copies[issue][copy.address] += 1

    def _note_links(self, one: Received) -> None:
        for mail in mails_in(one.payload or {"personalizations": ()}):
            for path in _OURS.findall(mail.text):
                self._links[f"{path.split('/')[1]} {mail.to}"] = path
