"""PostgreSQL on hosts of its own: one that is reached over the switch, and a standby that can take its place."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from tests.crash.databases import PostgresqlHome, Stage
from tests.crash.hosts import Host, Lab, move_to

_PORT = 5432
_IMPATIENT = {"connect_timeout": "2", "tcp_user_timeout": "1500"}
"""An operator may say in the URL how long a silent server is waited for: tests wait no longer than they must."""
_ADMIT = "host all all 10.0.0.0/8 trust\nhost replication all 10.0.0.0/8 trust\n"
_FOLLOWS = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"


class DatabaseHosts(PostgresqlHome):
    """A server on a host of the lab, under an address that another host can take over."""

    def __init__(self, lab: Lab, stage: Stage) -> None:
        super().__init__(stage)
        self.lab = lab
        self.primary, self.standby = lab.add("p"), lab.add("q")
        self._data = self._folder / "data"
        self.served_at = lab.address(9)
        self.primary.take(self.served_at)
        with (self._data / "pg_hba.conf").open("a") as admitted:
            admitted.write(_ADMIT)
        self.stop_at_once()
        self._start(self.primary, self._data)
        self._address = URL.create(
            "postgresql+psycopg", username="postgres", host=self.served_at, port=_PORT, query=_IMPATIENT
        ).set(database="postgres")

    def start_again(self) -> None:
        """Bring the server back on its host."""
        self._start(self.primary, self._data)

    def follow(self) -> None:
        """Let the standby have every commit before it is answered."""
        copy = self._folder / "copy"
        where = ["-h", self.served_at, "-p", str(_PORT), "-U", "postgres", "-D", str(copy)]
        self._program("pg_basebackup", None, *where, "-R", "-X", "stream", "-c", "fast")
        self._start(self.standby, copy)
        self._say("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._say("SELECT pg_reload_conf()")
        self._wait_for(_FOLLOWS)

    def fail_over(self) -> None:
        """The primary is gone with its host's cable; the standby takes its place and its address."""
        self.primary.cut()
        self.stop_at_once()
        self._program("pg_ctl", self.standby, "-w", "-D", str(self._folder / "copy"), "promote")
        self.standby.take(self.served_at)
        self.lab.look_around()

    def close(self) -> None:
        """Stop both servers, and leave nothing."""
        for data in (self._data, self._folder / "copy"):
            if (data / "postmaster.pid").exists():
                self._program("pg_ctl", None, "-w", "-D", str(data), "stop", "-m", "immediate")
        super().close()

    def _start(self, host: Host, data: Path) -> None:
        options = f"-h 0.0.0.0 -p {_PORT} -k ''"
        log = str(data / "log-of-host")
        self._program("pg_ctl", host, "-w", "-D", str(data), "-l", log, "-o", options, "start")

    def _program(self, name: str, host: Host | None, *words: str) -> None:
        """One of PostgreSQL's own programs, on a host, as the user who has the data."""
        owner = pwd.getpwnam(self._data.owner())

        def become() -> None:
            if host:
                move_to(host.network)
            os.setgid(owner.pw_gid)
            os.setuid(owner.pw_uid)

        self._folder.chmod(0o777)  # where the owner of the data may make the copy
        command = [str(self.server.bin_path / name), *words]
        subprocess.run(command, check=True, capture_output=True, timeout=60, cwd="/", preexec_fn=become)

    def _wait_for(self, question: str) -> None:
        plain = self._address.set(drivername="postgresql").render_as_string(hide_password=False)
        with closing(psycopg.connect(plain, autocommit=True)) as connection:
            until = time.monotonic() + 30
            while not _first(connection.execute(question.encode()).fetchone()):
                assert time.monotonic() < until, question
                time.sleep(0.05)


def _first(row: Sequence[int] | None) -> int:
    return row[0] if row else 0
