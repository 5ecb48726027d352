"""The words around an issue's items: subject, preheader, introduction, closing note, and whether it has sections."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from digest.domain.issues.manuscript import one_line, several_lines
from digest.domain.writing.markup import fault_in_links
from digest.operations.issues.selecting import open_issue
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue

LONGEST_LINE = 200
LONGEST_TEXT = 5_000


@dataclass(frozen=True)
class WordsAround:
    """What is typed around the items. Empty: the default subject and preheader, no introduction, no closing note."""

    subject: str = ""
    preheader: str = ""
    introduction: str = ""
    closing_note: str = ""
    by_topic: bool = False

    @property
    def mark(self) -> str:
        """A short text that differs where the words do: which words somebody saw when they began to type."""
        words = "\0".join((*self._texts(), str(self.by_topic)))
        return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def tidied(self) -> WordsAround:
        """As it is stored."""
        return WordsAround(
            one_line(self.subject), one_line(self.preheader),
            several_lines(self.introduction), several_lines(self.closing_note), self.by_topic,
        )  # fmt: skip

    def _texts(self) -> tuple[str, ...]:
        return (self.subject, self.preheader, self.introduction, self.closing_note)


def around(issue: Issue) -> WordsAround:
    """The words around an issue as they are stored."""
    return WordsAround(issue.subject, issue.preheader, issue.introduction, issue.closing_note, issue.by_topic)


def write_around(db: Database, issue_id: int, words: WordsAround, seen: str = "") -> None:
    """Set the words. Raises Refused for what is too long or misleads, and where somebody else has changed the words
    since they had the mark `seen`.
    """
    _check(words)
    with db.writing() as session:
        write_around_in(session, issue_id, words, seen)


def write_around_in(session: Session, issue_id: int, words: WordsAround, seen: str) -> None:
    """`write_around` in the caller's transaction, of words that were checked; the same words change nothing."""
    issue = open_issue(session, issue_id)
    stored, new = around(issue), words.tidied()
    if new == stored or (seen and new.mark == seen):
        return
    if seen and seen != stored.mark:
        raise Refused(
            "Somebody else has changed these words since you opened the page. Yours are below: look at theirs on a "
            "freshly loaded page, then save again."
        )
    issue.subject, issue.preheader, issue.by_topic = new.subject, new.preheader, new.by_topic
    issue.introduction, issue.closing_note = new.introduction, new.closing_note


def _check(words: WordsAround) -> None:
    for name, text in (("subject", words.subject), ("preheader", words.preheader)):
        if len(text) > LONGEST_LINE:
            raise Refused(f"The {name} has {len(text)} characters; {LONGEST_LINE} is the most. Shorten it.")
    for name, text in (("introduction", words.introduction), ("closing note", words.closing_note)):
        if len(text) > LONGEST_TEXT:
            raise Refused(f"The {name} has {len(text)} characters; {LONGEST_TEXT} is the most.")
        if fault := fault_in_links(text, is_html=False):
            raise Refused(f"Mend a link in the {name}: {fault}")
