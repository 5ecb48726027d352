"""`digest serve`: where it listens, what it says, and who can't stop it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from digest.cli.running.listening import HostAndPort, listen
from digest.config import BadSetting, Settings
from digest.storage.base.database import Database
from tests.cli.running.siege import Siege, besiege
from tests.cli.shell import Shell
from tests.cli.sites import PATIENCE, Door, behind, serving
from tests.conftest import ENVIRON

pytestmark = pytest.mark.only_on("sqlite")

Serve = Callable[..., tuple[Door, subprocess.Popen[str]]]


def memory_of(process: subprocess.Popen[str]) -> int:
    """Kilobytes of a process and those that it started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    family = {process.pid}
    for _ in range(4):
        family |= {pid for pid, parent, _ in rows if parent in family}
    return sum(size for pid, _, size in rows if pid in family)


@pytest.fixture(scope="module")
def serve(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A site that trusts so many proxies, and its process, for all tests here that don't end it: a start takes three
    seconds and five processes.
    """
    running: dict[str, tuple[Door, subprocess.Popen[str]]] = {}
    with ExitStack() as stack:

        def served(trusted: str = "0") -> tuple[Door, subprocess.Popen[str]]:
            if trusted not in running:
                folder = tmp_path_factory.mktemp("site")
                folder.chmod(0o700)
                shutil.copy(migrated, folder / "digest.db")
                more = {"PATH": os.environ["PATH"], "INSTANCE_PATH": str(folder), "TRUSTED_PROXIES": trusted}
                running[trusted] = stack.enter_context(serving(Shell(ENVIRON | more)))
            return running[trusted]

        yield served


def test_500_slow_connections_stop_nobody(serve: Serve) -> None:
    must_have_been_quick(besiege(serve()[0]))


@pytest.mark.parametrize("proxy", ["caddy", "nginx"])
def test_500_slow_connections_to_a_proxy_of_the_documents_stop_nobody(serve: Serve, tmp_path: Path, proxy: str) -> None:
    with behind(proxy, serve("1")[0], tmp_path) as door:
        must_have_been_quick(besiege(door))


def test_a_network_that_besieges_nginx_is_capped_and_no_other(serve: Serve, tmp_path: Path) -> None:
    """This machine's own address is let off in the file: here it is not."""
    with behind("nginx", serve("1")[0], tmp_path, without="    127.0.0.1 1;\n") as door:
        siege = besiege(door, source="127.0.0.2")
    must_have_been_quick(siege)
    assert siege.became["refused"] > 50


def must_have_been_quick(siege: Siege) -> None:
    """Under a second, or a few times what the same pages took before the siege on a machine that is busy otherwise; one
    visit in ten may meet whatever else the machine does just then. Sites that are stopped answer after ten seconds.
    """
    for path, found in siege.answers.items():
        assert {status for status, _ in found} == {503 if path == "/health" else 200}  # no clock runs here
        slowest = sorted(took for _, took in found)
        assert slowest[len(slowest) * 9 // 10 - 1] < max(1.0, 3 * siege.usual), path
        assert slowest[-1] < max(4.0, 6 * siege.usual), path


@pytest.mark.parametrize("trusted", ["0", "1"])
def test_no_header_moves_the_site(serve: Serve, trusted: str) -> None:
    """Whatever of these a visitor sends, also through a proxy, which sends on what it doesn't know."""
    door, _ = serve(trusted)
    front = door.get("/")[1]
    for name in ("SCRIPT_NAME", "Script-Name", "X-Forwarded-Prefix", "X-Script-Name"):
        assert door.get("/x/desk/sign-in", **{name: "/x"})[0] == 404, name
        assert door.get("/desk/health", **{name: "/desk"})[0] == 404, name
        assert door.get("/", **{name: "/elsewhere"})[:2] == (200, front), name
    for name in ("PATH_INFO", "Path-Info", "X-Original-URL", "X-Rewrite-URL"):
        assert door.get("/nowhere", **{name: "/health"})[0] == 404, name
    contradicting = {"X-Forwarded-Ssl": "off", "X-Forwarded-Protocol": "ssl", "X-Forwarded-Proto": "https"}
    assert door.get("/", **contradicting)[:2] == (200, front)


def test_a_large_upload_is_refused_and_fills_no_memory(serve: Serve) -> None:
    door, process = serve()
    for _ in range(4):
        door.get("/")
    before = memory_of(process)
    chunk = b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"
    for head in ("Content-Length: 200000000", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as peer:
            form = "Content-Type: application/x-www-form-urlencoded"
            peer.sendall(f"POST /subscribe HTTP/1.1\r\nHost: digest.test\r\n{form}\r\n{head}\r\n\r\n".encode())
            for _ in range(100):
                peer.sendall(chunk)
            assert peer.recv(100).startswith(b"HTTP/1.1 413 ")
    assert memory_of(process) - before < 50_000


def test_a_taken_address_is_said_once_with_the_remedy(shell: Shell, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = shell.run("serve", "--bind", f"127.0.0.1:{port}", "--with-scheduler")
    assert (status, out) == (2, "")
    assert err == (
        f"digest: Something listens on 127.0.0.1:{port} already. Stop it, or use another port: "
        f"--bind 127.0.0.1:{port + 1} (`make run PORT={port + 1}`).\n"
    )
    assert not settings.instance_path.exists()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "--bind 192.0.2.1:8000: this machine has no address 192.0.2.1; use --bind 127.0.0.1:8000."),
        ("2001:db8::1", r"--bind \[2001:db8::1\]:8000: .*; use --bind 127.0.0.1:8000."),
        ("nowhere.invalid", "“nowhere.invalid” is no host that this machine can find; use --bind 127.0.0.1:8000."),
    ],
)
def test_an_address_that_is_not_ours_is_said_with_the_remedy(host: str, words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        listen(HostAndPort(host, 8000))


def test_a_port_that_only_root_may_use_is_said_once_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(BadSetting, match=r"^--bind 127.0.0.1:80: .* Use --bind 127.0.0.1:8000, and let a proxy listen"):
        listen(HostAndPort("127.0.0.1", 80))


def test_who_comes_while_the_site_starts_again_is_served_and_who_comes_after_its_end_is_not(
    shell: Shell,
    db: Database,  # noqa: ARG001
) -> None:
    with serving(shell) as (door, process):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        assert door.get("/robots.txt")[0] == 200
        begun = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - begun < 10
    with pytest.raises(ConnectionRefusedError):
        door.get("/")
