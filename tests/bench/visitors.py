"""Many readers at once, from one process: each has a connection, and asks for one thing after the other."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

_WORDS = ("authority", "controller", "recordings", "retention", "schedule", "case", "years", "reason")
_PATIENCE = 60.0


@dataclass
class Seen:
    """What the readers saw: seconds of each answer, by what was asked, and whatever was no answer."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(map(len, self.waits.values()))


@dataclass(frozen=True)
class Asking:
    """One request: a page's name, its path, and the form that is sent, if it is one."""

    name: str
    path: str
    form: str = ""


def visit(host: str, port: int, visitors: int, pause: float, ended: Callable[[], bool]) -> Seen:
    """So many readers until `ended`; each waits `pause` seconds on average between an answer and the next question."""
    seen = Seen()

    async def all_() -> None:
        await asyncio.gather(*(_reader(number, host, port, pause, ended, seen) for number in range(visitors)))

    asyncio.run(all_())
    return seen


async def _reader(number: int, host: str, port: int, pause: float, ended: Callable[[], bool], seen: Seen) -> None:
    random = Random(number)  # noqa: S311 - the same readers in every run
    await asyncio.sleep(random.uniform(0, pause))
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    asked = 0
    while not ended():
        asking, asked = _next(random, number, asked), asked + 1
        began = time.perf_counter()
        try:
            connection = connection or await asyncio.open_connection(host, port)
            status, closes = await asyncio.wait_for(_ask(*connection, asking, number, asked), _PATIENCE)
        except (OSError, EOFError, TimeoutError) as error:
            seen.errors.append(f"{asking.name}: {type(error).__name__}")
            connection = None
        else:
            seen.waits[asking.name].append(time.perf_counter() - began)
            if status >= 400:
                seen.errors.append(f"{asking.name}: {status}")
            connection = _kept(connection, closes)
        await asyncio.sleep(random.uniform(0, 2 * pause))
    _kept(connection, True)


def _kept(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None, closes: bool
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    if connection and closes:
        connection[1].close()
        return None
    return connection


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asking: Asking, number: int, asked: int
) -> tuple[int, bool]:
    """The status, and whether the server ends the connection."""
    network = f"10.{number % 250}.{asked % 250}.7"  # each sign-up has a network of its own
    verb = "POST" if asking.form else "GET"
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(asking.form)}\r\n"
    head = f"{verb} {asking.path} HTTP/1.1\r\nHost: bench\r\nX-Forwarded-For: {network}\r\n"
    writer.write((head + (form if asking.form else "") + f"\r\n{asking.form}").encode())
    await writer.drain()
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = dict(line.lower().split(": ", 1) for line in answer.split("\r\n")[1:-2])
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(headers.get("content-length", "0")))
    return int(answer.split(" ", 2)[1]), headers.get("connection") == "close"


def _next(random: Random, number: int, asked: int) -> Asking:
    words = " ".join(random.sample(_WORDS, random.randint(1, 3)))
    return random.choice(
        (
            Asking("the front page", "/"),
            Asking("a sign-up", "/subscribe", urlencode({"email": f"visitor{number}.{asked}@example.net"})),
            Asking("a sign-up", "/subscribe", urlencode({"email": f"visitor{number}.{asked}@example.net"})),
            Asking("the archive", f"/news?page={random.randint(1, 20)}"),
            Asking("the archive", f"/news?topic=topic-{random.randint(0, 7)}"),
            Asking("a search", "/news?" + urlencode({"q": words})),
            Asking("a search", "/news?" + urlencode({"q": words, "topic": f"topic-{random.randint(0, 7)}"})),
            Asking("a feed", "/feed.atom"),
        )
    )
