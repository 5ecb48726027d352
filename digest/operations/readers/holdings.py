"""What we hold about people, why, by which right and how long: the table that the privacy page shows.

`personal_columns.py` says for each column which words of this table say it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.config import Settings
from digest.config.retention import EVENTS_KEPT, IMPORTS_KEPT, MESSAGES_KEPT, RATE_COUNTS_KEPT

_CONSENT = "Art. 6(1)(a) GDPR: your consent"
_PROOF = "Art. 6(1)(c) with Art. 5(2) and 7(1) GDPR: we must be able to show that you agreed"
_THEN_PROOF = f"{_CONSENT}; after you left {_PROOF}"
_RIGHTS = "Art. 6(1)(c) with Art. 12 GDPR: we must make your rights easy to use, and be sure that it is you"
_LEFT_ALONE = "Art. 6(1)(f) GDPR: our and your interest in that nobody is mailed against their will; also Art. 21(3)"
_ACCOUNT = "Art. 6(1)(f) GDPR: our and your interest in that each issue reaches you, and once"
_ACCOUNT_OF_READERS = "Art. 6(1)(f) GDPR: our interest in knowing how our publication does"
_SAFE = "Art. 6(1)(f) GDPR: everybody’s interest in forms and a desk that nobody abuses"
_TOGETHER = "Art. 6(1)(f) GDPR: making a publication together"


@dataclass(frozen=True)
class Holding:
    """What one table says of people, why, how long it is kept, and by which article of the GDPR we may.

    `how_long` has places for periods that settings decide (`for_readers`, `for_editors`).
    """

    what: str
    why: str
    how_long: str
    basis: str = _TOGETHER


def for_readers(settings: Settings) -> list[Holding]:
    """What we hold about readers, with the periods of this installation."""
    told = {table: holding for table, holding in READERS.items() if table != _EVENTS or settings.events_url}
    return [_with_periods(holding, settings) for holding in told.values()]


def for_editors(settings: Settings) -> list[Holding]:
    """Likewise, about the people at the desk."""
    return [_with_periods(holding, settings) for holding in EDITORS.values()]


def _with_periods(holding: Holding, settings: Settings) -> Holding:
    periods = {
        "deliveries": f"{settings.deliveries_kept.days:,} days",
        "consents": f"{settings.consents_kept.days:,} days",
        "leads": f"{settings.leads_kept.days:,} days",
    }
    return replace(holding, how_long=holding.how_long.format_map(periods))


_EVENTS = "outgoing_events"
_WITH_READER = "While you are a reader, and {consents} after you left; or until you erase it"

READERS: dict[str, Holding] = {
    "subscribers": Holding(
        "Your email address, and a keyed hash of it; your name, if you were imported with one; whether you are "
        "subscribed, since when, and when you left; until when you paused; the topics "
        "you chose; where the sign-up came from; the random key inside your own links",
        "To send you the digest that you asked for, and to know when you no longer want it",
        _WITH_READER + ". A sign-up that nobody confirms: 7 days from our message",
        _THEN_PROOF,
    ),
    "signups": Holding(
        "When you asked for the digest and when you confirmed it; which link you did that by: the random key inside "
        "that link, and how long it works",
        "So that each confirmation link works for one sign-up, for 7 days from its message",
        "As long as your subscription’s entry",
        _THEN_PROOF,
    ),
    "reader_links": Holding(
        "When you asked for your own page, or to move to another address, and the new one; the random key inside that "
        "link, and how long it works",
        "So that only whoever reads your mailbox sees, moves and erases what we hold",
        "A link to your page lives 30 minutes, one that moves you a day; they are deleted within the hour after",
        _RIGHTS,
    ),
    "consent_records": Holding(
        "What you were asked, when, on which page or in which import, and your answer; no IP address",
        "To be able to show that you agreed, and to what",
        _WITH_READER,
        _PROOF,
    ),
    "messages": Holding(
        "Messages to you alone, such as the one that asks you to confirm, or an issue that we sent you once more; "
        "when they were written, what came of them, and when; with those that our form caused, a keyed hash of your "
        "mailbox",
        "To hand them over, again if that fails, and so that nobody can use our form to flood your mailbox",
        f"{MESSAGES_KEPT.days} days after they were handed over; a welcome and the receipt of an erasure as "
        "soon as they have left. An erasure that SendGrid has not taken yet: until it has, with the address",
        f"{_CONSENT}; of what your rights cause (a link to your page, a receipt), Art. 6(1)(c) with Art. 12",
    ),
    "deliveries": Holding(
        "Which issues were sent to your address, whether they were handed over, whether and when your mail server took "
        "them or why not, and when we sent you one again; never whether you opened them",
        "So that nobody gets an issue twice, and every copy is accounted for",
        "{deliveries} after the issue: then your address and everything that leads to you is taken out of it, as by "
        "erasing. The count stays",
        _ACCOUNT,
    ),
    "outgoing_events": Holding(
        "That you asked for the digest, confirmed it or left it, and when, for as long as a service of the operator’s "
        "own is still to be told of that",
        "So that the operator’s other programs know how many come and go",
        f"Until it was told, {EVENTS_KEPT.days} days at most; or until you erase it",
        _ACCOUNT_OF_READERS,
    ),
    "suppressions": Holding(
        "A keyed hash of an address that must not be mailed, since when, by whose word, and why: it bounced, "
        "complained, is invalid, objected, or was erased or "
        "changed. SendGrid’s own lists are read for our readers’ addresses, too",
        "So that no list brings it back, and nobody mails it against your will. The address can’t be read from it",
        "For good: it is what keeps the promise. Of an erased address, until its owner subscribes again; else until it "
        "was a mistake, or you have asked us in writing to mail you again",
        _LEFT_ALONE,
    ),
    "import_refusals": Holding(
        "If you stood in a file of readers that was brought in, and your row could not be taken: why, with what was "
        "wrong in it. The file itself is deleted when its import has ended, or after a day if nobody lets it run",
        "So that whoever keeps that list can mend it",
        f"{IMPORTS_KEPT.days} days after the import ended",
        "Art. 6(1)(f) GDPR: everybody’s interest in lists that are right",
    ),
    "tallies": Holding(
        "Keyed hashes of the network that a sign-up came from and of the mailbox that was written to, with the time; "
        "of networks and accounts at the editors’ door likewise",
        "So that nobody can use our form to flood mailboxes, and nobody can guess an editor’s password",
        f"{RATE_COUNTS_KEPT.days} days; what counts for your mailbox also until you leave or erase",
        _SAFE,
    ),
}  # fmt: skip
"""Tables about readers, as the privacy page explains them."""

_WITH_SUMMARY = "As long as the summary"

EDITORS: dict[str, Holding] = {
    "editors": Holding(
        "Name, email address and a hash of the password; since when they are editors, whether as an admin or "
        "as a sender, whether deactivated; the key inside the last link that sets a password, since when and how long "
        "that works; "
        "messages to them, for as long as those to readers",
        "To let editors in, and to show by name who did what",
        "For good: an admin can deactivate an account, which keeps its editor out and keeps all this",
    ),
    "audit": Holding(
        "Who did what of consequence, to which issue or editor, and when: roles, holds, sends, sign-ins by link",
        "To know whom to ask, and that nobody did it in another’s name",
        "As long as the installation",
    ),
    "reader_imports": Holding(
        "Who brought a file of readers, or let it be imported, and when",
        "To know whom to ask",
        f"{IMPORTS_KEPT.days} days after the import ended",
    ),
    "desk_sessions": Holding(
        "That an editor is signed in: a hash of the cookie’s key, since when, and when it was last seen",
        "To keep editors signed in, on the desk only",
        "Until they sign out, or the session grows too old",
        _SAFE,
    ),
    "issues": Holding(
        "Who put an issue on hold, sent it early or stopped it, and when", "To know whom to ask", "As long as the issue"
    ),
    "closings": Holding("Who closed an issue, and when", "To know whom to ask", "As long as the issue"),
    "settlements": Holding(
        "Who decided what, when, and why, in words of their own without addresses, about copies of which nobody could "
        "know whether they left",
        "To know whom to ask",
        "As long as the issue",
    ),
    "history": Holding(
        "Who did what to an issue, and when; also who sent a reader’s copy again, by its number alone",
        "To know whom to ask",
        "As long as the issue",
    ),
    "summaries": Holding(
        "Which editor saved a summary last", "To tell another who had it open whose words are there now", _WITH_SUMMARY
    ),
    "working_copies": Holding(
        "What an editor has typed and not saved, and when",
        "So that nothing typed is lost",
        "Until it is saved or thrown away",
    ),
    "writers_seen": Holding(
        "That an editor has a summary open, and when that was last seen",
        "To tell other editors that they are not alone with it",
        "A minute; the next editor’s page that says so clears it away",
    ),
    "revisions": Holding("Which editor published or changed a summary, and when", "To know whom to ask", _WITH_SUMMARY),
    "supersedings": Holding(
        "Which editor had a summary superseded by a newer one, and when", "To know whom to ask", _WITH_SUMMARY
    ),
    "withdrawals": Holding("Which editor withdrew a summary, and when", "To know whom to ask", _WITH_SUMMARY),
    "standings": Holding(
        "Which admin put away a notice about the account with SendGrid",
        "To know whom to ask",
        "Until SendGrid says something else of the account",
    ),
    "sources": Holding("Who added or paused a source", "To know whom to ask", "As long as the source"),
    "source_rules": Holding(
        "Of each rule that sorts what a source brings: who made a rule for it, and when",
        "To know whom to ask",
        "As long as the rule",
    ),
    "leads": Holding(
        "Who brought a candidate for a summary; who last did something with it, and when",
        "So that two editors don’t do the same work",
        "As long as the candidate: {leads}, if nobody uses it",
    ),
    "lead_acts": Holding(
        "What was done with a candidate: which editor did it, when, what that changed, and whether it was undone",
        "To undo it",
        "The last 20 of each editor",
    ),
    "kept_answers": Holding(
        "Which editor is choosing what to watch of a publisher, when they looked, and what its server answered",
        "So that the publisher is asked once, however long the choice takes",
        "An hour, or until the choice is made",
    ),
    "lead_looks": Holding(
        "Which editor has a candidate open, and when they were last seen there",
        "So that others see that somebody is at it",
        "A minute",
    ),
    "story_words": Holding(
        "That two candidates belong together or not, who said so, and when",
        "So that no later sorting undoes it",
        "As long as the candidates",
    ),
}
"""Tables about the people at the desk."""
