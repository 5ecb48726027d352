"""Asking a publisher once while an editor looks, clicks examples and decides: each step works on what they saw."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import timedelta

from digest.config.retention import OFFERS_KEPT
from digest.domain.shared.tokens import new_key
from digest.domain.sources.answers import AnswerOutcome, outcome_of
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import FEEDS, LARGEST, NO_VALIDATORS, Validators, WebAnswer
from digest.operations.shared.context import Context
from digest.storage.sources.kept_answers import (
    KeptAnswer,
    forget_offer,
    forget_other_offers,
    kept_answer,
    kept_for,
)

_LARGEST_KEPT = 2_000_000
"""Bytes, packed. What is larger is asked for again."""
_MOST_KEPT = 30
_MOST_OFFERS = 3
"""Of one editor: some have two windows open."""
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class RememberingAsker:
    """Asks as `asker` does, and each address once for an offer; `key` is the offer's, or nothing for a new one."""

    asker: Asker
    context: Context
    editor_id: int
    offer: str

    @classmethod
    def of(cls, asker: Asker, context: Context, editor_id: int, key: str = "") -> RememberingAsker:
        """One that goes on with the offer of this key, as far as it is still kept."""
        return cls(asker, context, editor_id, key if _KEY.fullmatch(key) else new_key())

    def get(
        self,
        url: str,
        *,
        accept: str = FEEDS,
        validators: Validators = NO_VALIDATORS,
        limit: int = LARGEST,
        deadline: float = 30.0,
    ) -> WebAnswer:
        """What this address answered for this offer before; else as `Asker.get`."""
        with self.context.db.reading() as session:
            if kept := kept_answer(session, self.editor_id, self.offer, url, self.context.now - OFFERS_KEPT):
                return _answer(kept)
        answer = self.asker.get(url, accept=accept, validators=validators, limit=limit, deadline=deadline)
        self._keep(url, answer)
        return answer

    def forget(self) -> None:
        """Forget the offer: the editor has decided."""
        with self.context.db.writing() as session:
            forget_offer(session, self.editor_id, self.offer)

    def _keep(self, url: str, answer: WebAnswer) -> None:
        body = zlib.compress(answer.body) if answer.status == 200 else b""
        outcome = outcome_of(answer.status, answer.challenged)
        if outcome in (AnswerOutcome.CHALLENGED, AnswerOutcome.LIMITED) or len(body) > _LARGEST_KEPT:
            return
        with self.context.db.writing() as session:
            if kept_for(session, self.offer) >= _MOST_KEPT:
                return
            session.add(_kept(self.context, self.editor_id, self.offer, url, answer, body))
            session.flush()
            forget_other_offers(session, self.editor_id, _MOST_OFFERS)


def _kept(context: Context, editor_id: int, offer: str, url: str, answer: WebAnswer, body: bytes) -> KeptAnswer:
    return KeptAnswer(
        offer=offer,
        editor_id=editor_id,
        kept_at=context.now,
        url=url,
        answered_by=answer.url,
        moved_to=answer.moved_to,
        status=answer.status,
        etag=answer.validators.etag,
        last_modified=answer.validators.last_modified,
        fresh_for=round(answer.fresh_for.total_seconds()),
        content_type=answer.content_type[:500],
        body=body,
    )


def _answer(kept: KeptAnswer) -> WebAnswer:
    return WebAnswer(
        status=kept.status,
        url=kept.answered_by,
        moved_to=kept.moved_to,
        validators=Validators(kept.etag, kept.last_modified),
        fresh_for=timedelta(seconds=kept.fresh_for),
        content_type=kept.content_type,
        body=zlib.decompress(kept.body) if kept.body else b"",
    )
