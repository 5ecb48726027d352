"""A state machine over all that can happen to readers and to a send, in any order; Hypothesis finds the order.

After each step the account adds up, nobody is doubled by SendGrid's books, nothing certain is wrong, and nobody who
left was claimed afterwards. At the end of each run a fresh sender does what is left, and nothing is stuck.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from digest.domain.running import uptime
from digest.domain.shared.tokens import new_key
from digest.mail.sendgrid.events import Kind
from digest.operations.accounting.completing import complete_if_done
from digest.operations.accounting.deciding import decide_batch, decide_by_silence
from digest.operations.accounting.pacing import probe_if_due
from digest.operations.running.tick import note_heartbeat
from digest.operations.shared.context import Context
from digest.storage.accounting.settlements import Verdict
from digest.storage.sending.batches import BatchState
from tests.crash.databases import SqliteHome
from tests.crash.fakes import Mood
from tests.crash.programme import by_form, note_figures
from tests.crash.stage import READERS, set_stage
from tests.crash.world import EVERYBODY, STRANGERS, World
from tests.loopback.webhook import public_key

EXAMPLES, STEPS = by_form((10, 30), (25, 30), (600, 60))
_READERS_DO = (("leave", READERS), ("erase", EVERYBODY), ("subscribe", STRANGERS), ("confirm", EVERYBODY))
_LONGEST_REST = 80
_SEEN_TO_ITS_END = {BatchState.ACCEPTED, BatchState.SKIPPED, BatchState.HELD, BatchState.UNKNOWN, BatchState.FAILED}


def machine(home: SqliteHome) -> type[RuleBasedStateMachine]:
    """The machine on copies of this staged database."""

    class Machine(RuleBasedStateMachine):
        @initialize(hears=some.booleans(), batch_size=some.integers(0, 3))
        def begin(self, hears: bool, batch_size: int) -> None:
            """With a batch size the issue is frozen at once, else some time later."""
            self.folder = Path(tempfile.mkdtemp(prefix="digest-machine-"))
            self.world = World(self.folder, home, {"SENDGRID_WEBHOOK_KEY": public_key()} if hears else {})
            note_heartbeat(self.world.db, "the clock")
            if batch_size:
                self.world.freeze(batch_size)

        @rule(what=some.sampled_from(_READERS_DO), who=some.integers(0, 9))
        def reader(self, what: tuple[str, Sequence[str]], who: int) -> None:
            """Subscribes, confirms, leaves or has all erased."""
            verb, people = what
            getattr(self.world, verb)(people[who % len(people)])

        @precondition(lambda self: self.world.account() is None)
        @rule(batch_size=some.integers(1, 3))
        def freeze(self, batch_size: int) -> None:
            self.world.freeze(batch_size)

        @precondition(lambda self: self.world.account() is not None)
        @rule(how_many=some.integers(1, 2))
        def claim(self, how_many: int) -> None:
            self.world.claim([new_key() for _ in range(how_many)])

        @precondition(lambda self: self.world.account() is not None)
        @rule(mood=some.sampled_from(Mood))
        def send(self, mood: Mood) -> None:
            """A sender's whole turn, as most are."""
            self._turn(mood)

        @precondition(lambda self: self.world.hands)
        @rule(mood=some.sampled_from(Mood), which=some.integers(0, 5))
        def post(self, mood: Mood, which: int) -> None:
            self.world.post(self.world.hands[which % len(self.world.hands)], mood)

        @precondition(lambda self: self.world.results)
        @rule()
        def record(self) -> None:
            self.world.record()

        @precondition(lambda self: self.world.hands or self.world.results)
        @rule()
        def crash(self) -> None:
            self.world.crash()

        @precondition(lambda self: self.world.sendgrid.taken)
        @rule(which=some.integers(0, 9), kind=some.sampled_from((Kind.PROCESSED, Kind.DELIVERED, Kind.DEFERRED)))
        def event(self, which: int, kind: Kind) -> None:
            taken = sorted(self.world.sendgrid.taken)
            self.world.report(taken[which % len(taken)], kind)

        @rule(seconds=some.sampled_from((3.0, 20.0, 50.0, 4_000.0)))
        def jump(self, seconds: float) -> None:
            self.world.jump(seconds)

        @precondition(lambda self: self.world.account() is not None)
        @rule()
        def probe(self) -> None:
            probe_if_due(self.world.db, self.world.sendgrid, self.world.issue_id)

        @rule()
        def decide_by_silence(self) -> None:
            """The clock has run through every leap."""
            note_heartbeat(self.world.db, "the clock")
            decide_by_silence(Context(self.world.db, self.world.settings, self.world.now))

        @rule()
        def settle_by_word(self) -> None:
            """A person who has asked the readers of one held batch, and says what is so."""
            held = [line for line in self.world.lines() if line.state == BatchState.HELD and line.address]
            if held:
                word = Verdict.SENT if self.world.times_taken(held[0].address or "") else Verdict.RESEND
                world = self.world
                decide_batch(Context(world.db, world.settings, world.now), held[0].batch, word, "alice@digest.test")

        @invariant()
        def nothing_is_wrong(self) -> None:
            books = self.world.sendgrid.books
            assert not {address: count for (_, address), count in books.items() if count > 1}
            account = self.world.account()
            assert account is None or account.difference == 0
            for line in self.world.lines():
                taken = line.address and self.world.times_taken(line.address)
                if line.state == BatchState.ACCEPTED and line.address:
                    assert taken, f"called accepted: {line}"
                if line.state in (BatchState.FAILED, BatchState.SKIPPED):
                    assert not taken, f"called certain: {line}"

        def teardown(self) -> None:
            if hasattr(self, "world"):
                if self.world.account() is not None:
                    self._finish()
                self.world.db.close()
                shutil.rmtree(self.folder)

        def _turn(self, mood: Mood) -> None:
            self.world.claim([new_key(), new_key()])
            for hand in list(self.world.hands):
                self.world.post(hand, mood)
            self.world.record()

        def _finish(self) -> None:
            world = self.world
            world.crash()
            for _ in range(_LONGEST_REST):
                if all(line.state in _SEEN_TO_ITS_END for line in world.lines()):
                    break
                world.jump(400.0)
                probe_if_due(world.db, world.sendgrid, world.issue_id)
                self._turn(Mood.TAKES)
            complete_if_done(Context(world.db, world.settings, world.now), world.issue_id)
            assert {line.state for line in world.lines()} <= _SEEN_TO_ITS_END
            self.nothing_is_wrong()

    return Machine


def test_nothing_that_happens_in_any_order_loses_or_doubles_a_copy(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uptime, "LONGEST_GAP", math.inf)
    home = SqliteHome(tmp_path_factory.mktemp("machine"), set_stage)
    run_state_machine_as_test(
        machine(home),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    note_figures(machine_runs=EXAMPLES)
