"""The transport for trying things: every copy that a reader would get, kept as an `.eml` file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from digest.config.private import make_folder, write_whole
from digest.mail.folder.eml import as_eml
from digest.mail.message.rendering import Identity, personalise
from digest.mail.outgoing.interface import (
    Answer,
    Bulk,
    Certainty,
    ListMark,
    ListPage,
    Recipient,
    Single,
    UnreadList,
    leave_headers,
)
from digest.mail.outgoing.making import MakingFault, none_made, not_made, tried


class OutboxFolder:
    """Writes what readers would get, one `.eml` file a copy."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        self._folder = folder
        self._identity = identity

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Write each recipient's copy, named by its delivery: writing it again changes nothing.

        For whom none can be made is an offender. The others are then only looked at, since they come again without.
        """
        faults: dict[int, MakingFault] = {}
        for index, recipient in enumerate(bulk.recipients):
            name = f"digest-{bulk.issue}-{recipient[-1]:08d}"
            copy = tried(partial(self._copy, name, bulk, recipient))
            if isinstance(copy, MakingFault):
                faults[index] = copy
            elif not faults and (failed := self._write(name, copy)):
                return failed
        if len(faults) == len(bulk.recipients):
            return none_made(faults)
        return not_made(faults) if faults else Answer(Certainty.ACCEPTED)

    def send_single(self, single: Single) -> Answer:
        """Write the message."""
        name = f"message-{single.reference}"
        identity = self._identity.named(single.sender_name)
        made = tried(lambda: as_eml(name, identity, single.recipient, single.rendered, single.headers, single.at))
        if isinstance(made, MakingFault):
            return not_made({0: made})
        return self._write(name, made) or Answer(Certainty.ACCEPTED)

    def probe(self) -> bool:
        """A folder always answers."""
        return True

    def erase(self, addresses: Sequence[str]) -> Answer:  # noqa: ARG002 - nobody but us has the folder
        """Nothing more: the folder is ours, and whoever asks this empties it of them (`mail.folder.outbox_files`)."""
        return Answer(Certainty.ACCEPTED)

    def suppressed(
        self,
        since: Mapping[str, ListMark],  # noqa: ARG002
        until: datetime,  # noqa: ARG002
        deadline: float,  # noqa: ARG002
    ) -> Iterable[ListPage | UnreadList]:
        """A folder refuses nobody."""
        return ()

    def close(self) -> None:
        """Nothing is kept open."""

    def _copy(self, name: str, bulk: Bulk, recipient: Recipient) -> bytes:
        copy = personalise(bulk.rendered, bulk.values_of(recipient))
        address, leave, *_ = recipient
        headers = {**bulk.headers, **leave_headers(bulk.leave_root + leave)}
        return as_eml(name, self._identity.named(bulk.sender_name), address, copy, headers, bulk.at)

    def _write(self, name: str, content: bytes) -> Answer | None:
        """None if it is written. Else certainly not, whatever is: the same file again is no second copy."""
        try:
            make_folder(self._folder)
            write_whole(self._folder / f"{name}.eml", content)
        except OSError as error:
            return Answer(Certainty.REFUSED, detail=f"the outbox folder can’t be written: {error.strerror or error}")
        return None
