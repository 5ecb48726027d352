"""The sum of what became of an import's rows so far, as it is kept, shown and printed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from digest.operations.readers.import_batches import ImportedSubscribers


@dataclass(frozen=True)
class ImportTally:
    """Counts of rows; `added` and `banned` by state and by reason."""

    rows: int = 0
    added: Mapping[str, int] = field(default_factory=dict)
    banned: Mapping[str, int] = field(default_factory=dict)
    already_there: int = 0
    stated_otherwise: int = 0
    suppressed: int = 0
    refused: int = 0
    undated: int = 0
    first_undated: int = 0
    """The line of the first row whose date can't be read; 0 without any."""

    @property
    def added_in_all(self) -> int:
        """How many readers are new."""
        return sum(self.added.values())

    def plus(self, part: ImportedSubscribers) -> ImportTally:
        """With what became of some more rows."""
        return ImportTally(
            rows=self.rows + part.rows,
            added=dict(Counter(self.added) + Counter(part.added)),
            banned=dict(Counter(self.banned) + Counter(part.banned)),
            already_there=self.already_there + part.already_there,
            stated_otherwise=self.stated_otherwise + part.stated_otherwise,
            suppressed=self.suppressed + part.suppressed,
            refused=self.refused + len(part.refused),
            undated=self.undated + len(part.undated),
            first_undated=self.first_undated or next(iter(part.undated), 0),
        )

    def kept(self) -> str:
        """As text to keep; `read_tally` reads it."""
        return json.dumps(asdict(self))


def read_tally(text: str) -> ImportTally:
    """The tally in a text that was kept; an empty one for an empty text."""
    return ImportTally(**json.loads(text)) if text else ImportTally()
