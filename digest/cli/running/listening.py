"""The address that the site listens on, taken before anything is started: what is wrong with it is said once."""

from __future__ import annotations

import errno
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import click

from digest.config import BadSetting
from digest.operations.shared.wakeups import pause

_BACKLOG = 2_048
_ROUND = 0.1
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared


@dataclass(frozen=True)
class HostAndPort:
    """A host and a port, as `--bind` says them."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listen(address: HostAndPort) -> socket.socket:
    """A socket that listens there. Raises BadSetting with the remedy where that can't be."""
    try:
        family, _, _, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(place[:2], family=family, backlog=_BACKLOG)
    except socket.gaierror:
        raise BadSetting(
            f"--bind {address}: “{address.host}” is no host that this machine can find; use --bind 127.0.0.1:8000."
        ) from None
    except OSError as error:
        raise BadSetting(_why_not(address, error)) from None


def _why_not(address: HostAndPort, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = HostAndPort(address.host, address.port + 1 if address.port < 65_535 else 8_000)
        return (
            f"Something listens on {address} already. Stop it, or use another port: --bind {other} "
            f"(`make run PORT={other.port}`)."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--bind {address}: this machine has no address {address.host}; use --bind 127.0.0.1:{address.port}."
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"--bind {address}: ports below 1024 need rights that Digest should not have. Use --bind 127.0.0.1:8000, "
            "and let a proxy listen there."
        )
    return f"--bind {address}: {error.strerror or error}; use --bind 127.0.0.1:8000."


class Announcement:
    """Says something once the site answers at its address, unless that is no longer wanted."""

    def __init__(self, address: HostAndPort, words: str) -> None:
        self._address = HostAndPort(_ANY.get(address.host, address.host), address.port)
        self._words = words
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="announcement", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def cancel(self) -> None:
        """Say nothing any more."""
        self._over.set()

    def _wait(self) -> None:
        while not self._over.is_set():
            if self._answers():
                if not self._over.is_set():
                    with suppress(BrokenPipeError):  # whoever reads the output has had enough
                        click.echo(self._words)
                return
            pause(_ROUND)

    def _answers(self) -> bool:
        connection = HTTPConnection(self._address.host, self._address.port, timeout=5)
        try:
            connection.request("HEAD", "/robots.txt")
            connection.getresponse()
        except (OSError, HTTPException):
            return False
        else:
            return True
        finally:
            connection.close()
