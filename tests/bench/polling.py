"""`python -m tests.bench.polling`: 300 sources of 100 kB with 200 ms latency, first all new, then all unchanged.

Each source has a host of its own (loopback has 16 million), since a host is asked once a second.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SOURCES = 300
BYTES = 100_000
LATENCY = 0.2
_ENTRIES = 60
_WORDS = ("court", "found", "controller", "may", "not", "keep", "what", "has", "no", "purpose", "fined", "data", "law")


def main() -> None:
    """Measure and print."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"INSTANCE_PATH": folder, "FEED_NETWORKS": "127.0.0.0/8"}
        _digest(environ, "db", "upgrade")
        opml = Path(folder) / "feeds.opml"
        opml.write_text(_opml(port))
        _digest(environ, "feeds", "import", str(opml))
        for what in ("all new", "all unchanged"):
            done, megabytes = _poll(environ)
            sys.stdout.write(f"{what}: {json.dumps(done)}, {megabytes:.0f} MB at most\n")
    server.terminate()


def _digest(environ: Mapping[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "digest.cli", *words]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout


def _poll(environ: Mapping[str, str]) -> tuple[dict[str, Any], float]:
    command = [sys.executable, "-m", "digest.cli", "feeds", "poll", "--all", "--json"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return json.loads(said) | {"processor seconds": round(usage.ru_utime + usage.ru_stime, 1)}, usage.ru_maxrss / 1000


def _opml(port: int) -> str:
    lines = [
        f'<outline type="rss" text="News {number}" xmlUrl="http://127.1.{number // 200}.{number % 200 + 1}:{port}/f"/>'
        for number in range(SOURCES)
    ]
    return f'<opml version="2.0"><body>{"".join(lines)}</body></opml>'


def _serve(telling: Connection) -> None:
    asyncio.run(_answer_all(telling))


async def _answer_all(telling: Connection) -> None:
    feeds: dict[str, bytes] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        host = next(line for line in head.split("\r\n") if line.startswith("Host: "))
        await asyncio.sleep(LATENCY)
        if "If-None-Match" in head:
            writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nConnection: close\r\n\r\n')
        else:
            body = feeds.setdefault(host, _feed(host))
            writer.write(
                f'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n'
                "Connection: close\r\n\r\n".encode()
                + body
            )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=512)  # noqa: S104 - all of loopback, on this machine
    telling.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _feed(host: str) -> bytes:
    now, key = datetime.now(UTC), abs(hash(host))
    padding = " ".join(_WORDS * (BYTES // _ENTRIES // 75))
    items = "".join(
        f"<item><guid>{host} {number}</guid><title>{_title(key + number)}</title>"
        f"<link>https://n{key}.example/{number}</link>"
        f"<pubDate>{format_datetime(now - number * timedelta(days=1.5))}</pubDate>"
        f"<description>{padding}</description></item>"
        for number in range(_ENTRIES)
    )
    return f'<rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'.encode()


def _title(seed: int) -> str:
    return " ".join(_WORDS[seed * factor % len(_WORDS)] for factor in (3, 7, 11, 13, 17)) + f" {seed}"


if __name__ == "__main__":
    main()
