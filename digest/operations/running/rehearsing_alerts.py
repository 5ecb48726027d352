"""A rehearsal of alerts: one of each kind, marked as such, by every way there is, and what each way answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.domain.running.alerts import MEANINGS, AlertKind, AlertState, cause
from digest.domain.shared.tokens import new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import render_notice
from digest.mail.monitors import post_alert
from digest.mail.outgoing.interface import Answer, Certainty, Single, Transport
from digest.operations.messages.queue import Telling, alert_of
from digest.operations.shared.context import Context
from digest.storage.people.editors import active_editors

_NOT_BY_MAIL = (AlertKind.SENDGRID_ACCOUNT,)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Way:
    """What one way took of what it was given; `fault` says why it did not take all, or why there is none."""

    name: str
    given: int
    taken: int
    fault: str = ""

    @property
    def well(self) -> bool:
        """Whether there is such a way, and it took all."""
        return self.taken == self.given > 0


def rehearse_alerts(context: Context, transport: Transport) -> list[Way]:
    """Hand one alert of each kind over, now and not by the queue: to each editor, and to ALERT_URL. Nothing is kept."""
    for kind, meaning in MEANINGS.items():
        log.warning("alert %s (%s): a rehearsal. Told when %s.", AlertState.BEGUN, kind, meaning)
    return [_by_mail(context, transport), _by_post(context)]


def _by_mail(context: Context, transport: Transport) -> Way:
    with context.db.reading() as session:
        editors = [editor.email for editor in active_editors(session)]
    if not editors:
        return Way("mail", 0, 0, "there is no editor to tell. Add one: digest editors add EMAIL")
    kinds = {kind: meaning for kind, meaning in MEANINGS.items() if kind not in _NOT_BY_MAIL}
    return _way("mail", [transport.send_single(single) for single in _letters(context, editors, kinds)])


def _letters(context: Context, editors: list[str], kinds: Mapping[AlertKind, str]) -> Iterator[Single]:
    for kind, meaning in kinds.items():
        rendered = render_notice(identity_of(context.settings), _heading(kind), [_words(meaning)], None)
        for editor in editors:
            headers = {"Auto-Submitted": "auto-generated"}
            yield Single(f"rehearsal-{new_key()}", editor, rendered, headers, "notice", context.now)


def _by_post(context: Context) -> Way:
    url = context.settings.alert_url
    if not url:
        return Way("ALERT_URL", 0, 0, "it is not set")
    answers = []
    for kind, meaning in MEANINGS.items():
        told = Telling(cause(kind, "rehearsal"), AlertState.BEGUN)
        alert = alert_of(context.settings, _heading(kind), [_words(meaning)], context.settings.site_url, told)
        answers.append(post_alert(url, alert.as_json()))
        if answers[-1].status is None:
            break  # nobody is there: the others would each wait for as long
    return _way("ALERT_URL", answers)


def _way(name: str, answers: list[Answer]) -> Way:
    refused = [answer for answer in answers if answer.certainty is not Certainty.ACCEPTED]
    fault = (refused[0].detail or next(iter(refused[0].offenders.values()), "")) if refused else ""
    return Way(name, len(answers), len(answers) - len(refused), fault)


def _heading(kind: AlertKind) -> str:
    return f"Rehearsal of an alert: {kind}"


def _words(meaning: str) -> str:
    return f"Nothing is wrong: somebody tries whether alerts arrive. In earnest you are told when {meaning}."
