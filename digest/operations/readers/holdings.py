"""What we hold about people, why, by which right and how long: the table that the privacy page shows.

`personal_columns.py` says for each column which words of this table say it.
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.config import Settings
from digest.config.catalogues import noted as _
from digest.config.catalogues import speaking
from digest.config.retention import EVENTS_KEPT, IMPORTS_KEPT, MESSAGES_KEPT, RATE_COUNTS_KEPT

_PROOF = _(
    "Art. 6(1)(c) with Art. 5(2) and 7(1) GDPR: we must be able to show that you agreed; and Art. 6(1)(f), our "
    "interest in being able to"
)
_THEN_PROOF = _(
    "Art. 6(1)(a) GDPR: your consent; after you left, no longer that, but Art. 6(1)(c) with Art. 5(2) and 7(1): we "
    "must be able to show that you had agreed; and Art. 6(1)(f), our interest in being able to"
)
_CONSENT_OR_RIGHTS = _(
    "Art. 6(1)(a) GDPR: your consent; of what your rights cause (a link to your page, a receipt), Art. 6(1)(c) with "
    "Art. 12"
)
_RIGHTS = _("Art. 6(1)(c) with Art. 12 GDPR: we must make your rights easy to use, and be sure that it is you")
_LEFT_ALONE = _("Art. 6(1)(f) GDPR: our and your interest in that nobody is mailed against their will; also Art. 21(3)")
_ACCOUNT = _("Art. 6(1)(f) GDPR: our and your interest in that each issue reaches you, and once")
_ACCOUNT_OF_READERS = _("Art. 6(1)(f) GDPR: our interest in knowing how our publication does")
_SAFE = _("Art. 6(1)(f) GDPR: everybody’s interest in forms and a desk that nobody abuses")
_TOGETHER = _("Art. 6(1)(f) GDPR: making a publication together")


@dataclass(frozen=True)
class Holding:
    """What one table says of people, why, how long it is kept, and by which article of the GDPR we may.

    In English, as the catalogues know it. `how_long` has places for periods that settings decide.
    """

    what: str
    why: str
    how_long: str
    basis: str = _TOGETHER


def for_readers(settings: Settings) -> list[Holding]:
    """What we hold about readers, with the periods of this installation, in its language."""
    told = {table: holding for table, holding in READERS.items() if table != _EVENTS or settings.events_url}
    return [_spoken(holding, settings) for holding in told.values()]


def for_editors(settings: Settings) -> list[Holding]:
    """Likewise, about the people at the desk."""
    return [_spoken(holding, settings) for holding in EDITORS.values()]


def _spoken(holding: Holding, settings: Settings) -> Holding:
    spoken = speaking(settings.branding.language)
    said = spoken.gettext
    kept = {
        "deliveries": settings.deliveries_kept,
        "consents": settings.consents_kept,
        "leads": settings.leads_kept,
        "messages": MESSAGES_KEPT,
        "counts": RATE_COUNTS_KEPT,
        "events": EVENTS_KEPT,
        "imports": IMPORTS_KEPT,
    }
    periods = {name: spoken.ngettext("%(num)s day", "%(num)s days", span.days) for name, span in kept.items()}
    return Holding(said(holding.what), said(holding.why), said(holding.how_long, **periods), said(holding.basis))


_EVENTS = "outgoing_events"
_WITH_READER = _(
    "While you are a reader, and %(consents)s after you left or mail to you was stopped for good; or until you erase it"
)
_READER_OR_PENDING = _(
    "While you are a reader, and %(consents)s after you left or mail to you was stopped for good; or until you erase "
    "it. A sign-up that nobody confirms: 7 days from our message"
)

READERS: dict[str, Holding] = {
    "subscribers": Holding(
        _("Your email address, and a keyed hash of it; your name, if you were imported with one; whether you are "
        "subscribed, since when, and when you left; until when you paused; the topics "
        "you chose; where the sign-up came from; the random key inside your own links"),
        _("To send you the digest that you asked for, and to know when you no longer want it"),
        _READER_OR_PENDING,
        _THEN_PROOF,
    ),
    "signups": Holding(
        _("When you asked for the digest and when you confirmed it; which link you did that by: the random key inside "
        "that link, and how long it works"),
        _("So that each confirmation link works for one sign-up, for 7 days from its message"),
        _("As long as your subscription’s entry"),
        _THEN_PROOF,
    ),
    "reader_links": Holding(
        _(
            "When you asked for your own page, or to move to another address, and the new one; the random key inside "
            "that link, and how long it works"
        ),
        _("So that only whoever reads your mailbox sees, moves and erases what we hold"),
        _("A link to your page lives 30 minutes, one that moves you a day; they are deleted within the hour after"),
        _RIGHTS,
    ),
    "consent_records": Holding(
        _("What you were asked, when, on which page or in which import, and your answer; no IP address"),
        _("To be able to show that you agreed, and to what"),
        _WITH_READER,
        _PROOF,
    ),
    "messages": Holding(
        _("Messages to you alone, such as the one that asks you to confirm, or an issue that we sent you once more; "
        "when they were written, what came of them, and when; with those that our form caused, a keyed hash of your "
        "mailbox"),
        _("To hand them over, again if that fails, and so that nobody can use our form to flood your mailbox"),
        _("%(messages)s after they were handed over; a welcome and the receipt of an erasure as "
        "soon as they have left. An erasure that SendGrid has not taken yet: until it has, with the address"),
        _CONSENT_OR_RIGHTS,
    ),
    "deliveries": Holding(
        _(
            "Which issues were sent to your address, whether they were handed over, whether and when your mail server "
            "took them or why not, and when we sent you one again; never whether you opened them"
        ),
        _("So that nobody gets an issue twice, and every copy is accounted for"),
        _(
            "%(deliveries)s after the issue: then your address and everything that leads to you is taken out of it, as "
            "by erasing. The count stays"
        ),
        _ACCOUNT,
    ),
    "outgoing_events": Holding(
        _("That you asked for the digest, confirmed it or left it, and when, for as long as a service of the "
        "operator’s own is still to be told of that"),
        _("So that the operator’s other programs know how many come and go"),
        _("Until it was told, %(events)s at most; or until you erase it"),
        _ACCOUNT_OF_READERS,
    ),
    "suppressions": Holding(
        _("A keyed hash of an address that must not be mailed, since when, by whose word, and why: it bounced, "
        "complained, is invalid, objected, or was erased or "
        "changed. After an erasure: the hash, when and by whose word, and whether mail bounced there or was not wanted "
        "before. SendGrid’s own lists are read for our readers’ addresses, too"),
        _("So that no list brings it back, and nobody mails it against your will. The address can’t be read from it"),
        _("For good: it is what keeps the promise. Of an erased address, until its owner subscribes again; else until "
        "it was a mistake, or you have asked us in writing to mail you again"),
        _LEFT_ALONE,
    ),
    "import_refusals": Holding(
        _("If you stood in a file of readers that was brought in, and your row could not be taken: why, with what was "
        "wrong in it. The file itself is deleted when its import has ended, or after a day if nobody lets it run"),
        _("So that whoever keeps that list can mend it"),
        _("%(imports)s after the import ended"),
        _("Art. 6(1)(f) GDPR: everybody’s interest in lists that are right"),
    ),
    "tallies": Holding(
        _("Keyed hashes of the network that a sign-up came from and of the mailbox that was written to, with the time; "
        "of networks and accounts at the editors’ door likewise"),
        _("So that nobody can use our form to flood mailboxes, and nobody can guess an editor’s password"),
        _("%(counts)s; what counts for your mailbox, until you erase it at the latest"),
        _SAFE,
    ),
}  # fmt: skip
"""Tables about readers, as the privacy page explains them."""

_WITH_SUMMARY = _("As long as the summary")
_TO_ASK, _WITH_ISSUE = _("To know whom to ask"), _("As long as the issue")

EDITORS: dict[str, Holding] = {
    "editors": Holding(
        _(
            "Name, email address and a hash of the password; since when they are editors, whether as an admin or as a "
            "sender, whether deactivated; the key inside the last link that sets a password, since when and how long "
            "that works; messages to them, for as long as those to readers"
        ),
        _("To let editors in, and to show by name who did what"),
        _("For good: an admin can deactivate an account, which keeps its editor out and keeps all this"),
    ),
    "audit": Holding(
        _("Who did what of consequence, to which issue or editor, and when: roles, holds, sends, sign-ins by link"),
        _("To know whom to ask, and that nobody did it in another’s name"),
        _("As long as the installation"),
    ),
    "reader_imports": Holding(
        _("Who brought a file of readers, or let it be imported, and when"),
        _TO_ASK,
        _("%(imports)s after the import ended"),
    ),
    "desk_sessions": Holding(
        _("That an editor is signed in: a hash of the cookie’s key, since when, and when it was last seen"),
        _("To keep editors signed in, on the desk only"),
        _("Until they sign out, or the session grows too old"),
        _SAFE,
    ),
    "issues": Holding(_("Who put an issue on hold, sent it early or stopped it, and when"), _TO_ASK, _WITH_ISSUE),
    "closings": Holding(_("Who closed an issue, and when"), _TO_ASK, _WITH_ISSUE),
    "settlements": Holding(
        _(
            "Who decided what, when, and why, in words of their own without addresses, about copies of which nobody "
            "could know whether they left"
        ),
        _TO_ASK,
        _WITH_ISSUE,
    ),
    "history": Holding(
        _("Who did what to an issue, and when; also who sent a reader’s copy again, by its number alone"),
        _TO_ASK,
        _WITH_ISSUE,
    ),
    "summaries": Holding(
        _("Which editor saved a summary last"),
        _("To tell another who had it open whose words are there now"),
        _WITH_SUMMARY,
    ),
    "working_copies": Holding(
        _("What an editor has typed and not saved, and when"),
        _("So that nothing typed is lost"),
        _("Until it is saved or thrown away"),
    ),
    "writers_seen": Holding(
        _("That an editor has a summary open, and when that was last seen"),
        _("To tell other editors that they are not alone with it"),
        _("A minute; the next editor’s page that says so clears it away"),
    ),
    "revisions": Holding(_("Which editor published or changed a summary, and when"), _TO_ASK, _WITH_SUMMARY),
    "supersedings": Holding(
        _("Which editor had a summary superseded by a newer one, and when"), _TO_ASK, _WITH_SUMMARY
    ),
    "withdrawals": Holding(_("Which editor withdrew a summary, and when"), _TO_ASK, _WITH_SUMMARY),
    "standings": Holding(
        _("Which admin put away a notice about the account with SendGrid"),
        _TO_ASK,
        _("Until SendGrid says something else of the account"),
    ),
    "sources": Holding(_("Who added or paused a source"), _TO_ASK, _("As long as the source")),
    "source_rules": Holding(
        _("Of each rule that sorts what a source brings: who made a rule for it, and when"),
        _TO_ASK,
        _("As long as the rule"),
    ),
    "leads": Holding(
        _("Who brought a candidate for a summary; who last did something with it, and when"),
        _("So that two editors don’t do the same work"),
        _("As long as the candidate: %(leads)s, if nobody uses it"),
    ),
    "lead_acts": Holding(
        _("What was done with a candidate: which editor did it, when, what that changed, and whether it was undone"),
        _("To undo it"),
        _("The last 20 of each editor"),
    ),
    "kept_answers": Holding(
        _("Which editor is choosing what to watch of a publisher, when they looked, and what its server answered"),
        _("So that the publisher is asked once, however long the choice takes"),
        _("An hour, or until the choice is made"),
    ),
    "lead_looks": Holding(
        _("Which editor has a candidate open, and when they were last seen there"),
        _("So that others see that somebody is at it"),
        _("A minute"),
    ),
    "story_words": Holding(
        _("That two candidates belong together or not, who said so, and when"),
        _("So that no later sorting undoes it"),
        _("As long as the candidates"),
    ),
}
"""Tables about the people at the desk."""
