"""Hosts of their own, as network namespaces on one switch: each has its address, its name, and a cable to pull.

Made with `ip` by root alone; `missing` says why there can be none. SendGrid is reached as each installation demands, by
loopback: every host has a road (`Road`) from its own 127.0.0.1 over its cable to the stand-in.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
_NETWORK, _NAMES = 0x40000000, 0x04000000  # CLONE_NEWNET and CLONE_NEWUTS of setns(2) and unshare(2)
_CHUNK = 65_536


def move_to(network: str) -> None:
    """This thread, and all that it starts, is on that host from now on; its sockets stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{network}").open() as where:
        if libc.setns(where.fileno(), _NETWORK):
            raise OSError(ctypes.get_errno(), f"{network}: this process may not go there")
    if threading.current_thread() is threading.main_thread() and not libc.unshare(_NAMES):
        socket.sethostname(network)


def missing() -> str:
    """Why there can be no hosts on this machine; empty where there can."""
    if os.geteuid() or not shutil.which("ip"):
        return "several hosts are tried with network namespaces, which need root and iproute2"
    try:
        Lab("try").close()
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        return f"several hosts are tried with network namespaces, which this machine does not allow: {said}"
    return ""


class Host:
    """One host: its namespace, its address."""

    def __init__(self, lab: Lab, name: str, number: int) -> None:
        self.network = f"{lab.name}{name}"
        self.address = lab.address(number)
        self._cable = f"{self.network}c"
        _ip("netns", "add", self.network)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self.network)
        _ip("link", "set", self._cable, "master", lab.switch, "up")
        for words in (("link", "set", "lo", "up"), ("link", "set", "eth0", "up")):
            _ip("-n", self.network, *words)
        self.take(self.address)

    def take(self, address: str) -> None:
        """Have an address, also one that another host had."""
        _ip("-n", self.network, "addr", "add", f"{address}/24", "dev", "eth0")

    def cut(self) -> None:
        """Pull its cable."""
        _ip("link", "set", self._cable, "down")

    def mend(self) -> None:
        """Put it back."""
        _ip("link", "set", self._cable, "up")

    def lose_all_to(self, address: str) -> None:
        """Whatever it sends to this address is dropped without a word."""
        _ip("-n", self.network, "route", "add", "blackhole", f"{address}/32")

    def find_again(self, address: str) -> None:
        """Drop nothing to it any more."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("-n", self.network, "route", "del", "blackhole", f"{address}/32")

    def look_around(self) -> None:
        """Forget which machine has which address."""
        _ip("-n", self.network, "neigh", "flush", "all")

    def run(self, do: Callable[[], _T]) -> _T:
        """What it returns when done on this host."""
        found: list[_T] = []

        def there() -> None:
            move_to(self.network)
            found.append(do())

        thread = threading.Thread(target=there)
        thread.start()
        thread.join()
        return found[0]

    def close(self) -> None:
        """Take it away, with its cable."""
        _ip("netns", "del", self.network)


class Lab:
    """A switch, and the hosts on it. This process is on it, too, under the first address."""

    def __init__(self, name: str = "") -> None:
        self.name = f"dg{os.getpid()}{name[:1]}"
        self.switch = f"{self.name}s"
        self._net = f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
        self.hosts: list[Host] = []
        _ip("link", "add", self.switch, "type", "bridge")
        try:
            _ip("addr", "add", f"{self.address(1)}/24", "dev", self.switch)
            _ip("link", "set", self.switch, "up")
            if name:
                self.add("t")
        except subprocess.CalledProcessError:
            self.close()
            raise

    def address(self, number: int) -> str:
        """An address on this switch."""
        return f"{self._net}.{number}"

    def add(self, name: str) -> Host:
        """One more host."""
        host = Host(self, name, len(self.hosts) + 10)
        self.hosts.append(host)
        return host

    def look_around(self) -> None:
        """An address has moved: everybody asks anew who has it, as a takeover announces."""
        _ip("neigh", "flush", "dev", self.switch)
        for host in self.hosts:
            host.look_around()

    def close(self) -> None:
        """Take all away."""
        for host in self.hosts:
            with contextlib.suppress(subprocess.CalledProcessError):
                host.close()
        _ip("link", "del", self.switch)


class Road:
    """From a host's own 127.0.0.1 to an address beyond its cable, for all connections until it is closed."""

    def __init__(self, host: Host, port: int, to: tuple[str, int]) -> None:
        self._host = host
        self._to = to
        self._listener = host.run(lambda: socket.create_server(("127.0.0.1", port)))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        move_to(self._host.network)
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(here,), daemon=True).start()

    def _carry(self, here: socket.socket) -> None:
        with here, contextlib.suppress(OSError), socket.create_connection(self._to, timeout=2) as there:
            there.settimeout(None)
            back = threading.Thread(target=_pump, args=(there, here), daemon=True)
            back.start()
            _pump(here, there)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)
