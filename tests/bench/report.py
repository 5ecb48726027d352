"""The figures as a page: printed, and kept in docs/benchmarks.md with the command that gave them."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.measure import Figures, Rivals

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

_PAGE = """# Benchmarks

How fast a send is, and in how much memory, beside what else would do the same work. Made anew by:

```
{command}
```

Measured on {day}, on {cores} cores shared with the loopback SendGrid and, in its row, with PostgreSQL; Python {python}.
The loopback SendGrid takes requests over HTTP on the same machine and counts readers without checking them, so that
the sender is measured. A request carries up to 1,000 readers and has {size:,} bytes.

## Sending

| database | readers | editions | freezing | sending | readers a second | with the freeze | peak memory |
|---|---|---|---|---|---|---|---|
{sends}

*Freezing* is the transaction that stores editions, batches and one delivery for each reader. *Sending* is from the
start of `digest send` on the frozen issue, interpreter included, to the last recorded outcome. *Peak memory* is that of
all our processes together, the two of a send with the pages that they share counted twice; the loopback SendGrid and
PostgreSQL's server are not counted.

What makes it quicker, each taken away by itself, on SQLite; the clock sends without either:

| without | sending | readers a second | peak memory |
|---|---|---|---|
{lesser}

## Beside it

| what posts | readers a second |
|---|---|
| the same bytes from memory, by our client | {from_memory:,.0f} |
| the same bytes from memory, by SendGrid’s official client as it comes | {official:,.0f} |
| a plain script: the official helpers, one message a reader | {plain:,.0f} |

So a send reaches:

| database | of our client from memory | of the official client from memory | times a plain script |
|---|---|---|---|
{ratios}

What is aimed at, on a machine of this size: freezing in 6 s on SQLite and 12 s on PostgreSQL, half of the rate from
memory on SQLite and 0.35 of it on PostgreSQL, never under 50,000 readers a second, 200 MB in all;
with thirty editions no more than 1.3 times the time of one.

No database, no claims and no outcomes stand behind the rows of the middle table: they are what the road to SendGrid
allows. Our client is the official one with its last step replaced (kept connections, a true deadline) and without the
log line that it makes of every payload.
"""


def page(command: str, sends: Sequence[Figures], lesser: Mapping[str, Figures], rivals: Rivals) -> str:
    """The whole page."""
    return _PAGE.format(
        command=command,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        python=platform.python_version(),
        size=rivals.request_bytes,
        sends="\n".join(_send(one) for one in sends),
        lesser="\n".join(_lesser(what, one) for what, one in lesser.items()),
        from_memory=rivals.from_memory,
        official=rivals.official,
        plain=rivals.plain,
        ratios="\n".join(_ratio(one, rivals) for one in sends),
    )


def _send(one: Figures) -> str:
    return (
        f"| {one.database} | {one.readers:,} | {one.editions} | {one.freezing:.1f} s | {one.sending:.1f} s "
        f"| {one.rate:,.0f} | {one.whole:,.0f} | {one.memory:.0f} MB |"
    )


def _lesser(what: str, one: Figures) -> str:
    return f"| {what} | {one.sending:.1f} s | {one.rate:,.0f} | {one.memory:.0f} MB |"


def _ratio(one: Figures, rivals: Rivals) -> str:
    return (
        f"| {one.database} | {one.rate / rivals.from_memory:.2f} | {one.rate / rivals.official:.2f} "
        f"| {one.rate / rivals.plain:,.0f} |"
    )


def keep_section(heading: str, written: str) -> None:
    """Put what was written in the place of the section with this heading in docs/benchmarks.md, else at its end."""
    before, _, after = PAGE.read_text().partition(heading)
    rest = after.partition("\n## ")
    PAGE.write_text(before + written + "".join(rest[1:]))
