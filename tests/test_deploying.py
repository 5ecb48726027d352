"""The files that put Digest on a machine: what they name is there, and what they promise of confinement they say.

No container is built and no unit is started here: that takes a machine of its own.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from digest import config
from digest.cli import cli

_ROOT = Path(__file__).parents[1]
_UNITS = sorted((_ROOT / "docs" / "systemd").iterdir())
_SERVICES = [unit for unit in _UNITS if unit.suffix == ".service"]
_COMPOSE: dict[str, Any] = yaml.safe_load((_ROOT / "compose.yaml").read_text())
_OURS = {name: service for name, service in _COMPOSE["services"].items() if service["image"] == "digest:local"}
_STEPS = re.sub(r"\\\n\s*", "", (_ROOT / "Containerfile").read_text()).splitlines()


def must_be_a_command(words: list[str]) -> None:
    """`digest …`, with options that it takes; nothing is run."""
    assert Path(words[0]).name == "digest"
    context, rest = click.Context(cli, info_name="digest"), words[1:]
    command: click.Command | None = cli
    while isinstance(command, click.Group):
        command = command.get_command(context, rest.pop(0))
    assert command, words
    command.make_context("digest", rest)


def steps(word: str) -> Iterator[str]:
    """What follows this word of the Containerfile, each time."""
    return (step.removeprefix(f"{word} ") for step in _STEPS if step.startswith(f"{word} "))


def settings_in(file: Path) -> dict[str, str]:
    """The settings that a file of them gives."""
    lines = (line.partition("=") for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


def test_the_image_is_made_of_what_is_there_and_runs_as_nobody_special() -> None:
    copied = [words.split() for words in steps("COPY") if "--from" not in words]
    sources = {source for *several, _ in copied for source in several}
    assert all((_ROOT / source).exists() for source in sources)
    kept = {line.removeprefix("!") for line in (_ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    assert kept == sources
    pyproject = tomllib.loads((_ROOT / "pyproject.toml").read_text())
    included = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*included["packages"], *included["force-include"], "pyproject.toml", "README.md"} <= sources
    assert list(steps("USER")) == ["digest"]
    for image in steps("FROM"):
        assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+( AS build)?", image)
    (command,) = steps("CMD")
    must_be_a_command(yaml.safe_load(command))


def test_every_service_runs_a_command_that_there_is() -> None:
    assert set(_OURS) == {"upgrade", "web", "scheduler"}
    for service in _OURS.values():
        must_be_a_command(service["command"])


def test_our_containers_write_to_their_volumes_only_and_have_no_rights() -> None:
    for service in _OURS.values():
        assert service["read_only"] is True
        assert int(service["user"]) > 1000
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {path.partition(":")[0] for path in service["tmpfs"]} == {"/tmp", "/var/tmp"}  # noqa: S108
    (given,) = [words for words in steps("ENV") if "INSTANCE_PATH" in words]
    mounted = {volume.partition(":")[2] for service in _OURS.values() for volume in service["volumes"]}
    assert mounted == {value for name, value in settings_of(given).items() if name != "PATH"}
    assert set(_COMPOSE["volumes"]) == {
        volume.partition(":")[0] for service in _COMPOSE["services"].values() for volume in service["volumes"]
    }


def settings_of(words: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(words))


def test_nothing_starts_before_what_it_needs_and_all_say_whether_they_are_well() -> None:
    services = _COMPOSE["services"]
    assert services["upgrade"]["depends_on"]["db"]["condition"] == "service_healthy"
    for name in ("web", "scheduler"):
        assert services[name]["depends_on"]["upgrade"]["condition"] == "service_completed_successfully"
        assert services[name]["restart"] == "unless-stopped"
        assert "http://web:8000/health" in services[name]["healthcheck"]["test"][-1]
    assert services["db"]["healthcheck"]["test"][1] == "pg_isready"
    (client,) = re.findall(r"postgresql-client-(\d+)", (_ROOT / "Containerfile").read_text())
    assert services["db"]["image"].startswith(f"docker.io/library/postgres:{client}-")
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_secrets_come_from_files_that_are_not_in_the_repository(tmp_path: Path) -> None:
    examples = _ROOT / "docs" / "containers"
    ignored = (_ROOT / ".gitignore").read_text().splitlines()
    for name in ("digest.env", "db.env"):
        assert name in {service["env_file"] for service in _COMPOSE["services"].values()}
        assert name in ignored
        assert (examples / f"{name}.example").is_file()
    given = settings_in(examples / "digest.env.example")
    assert given["SECRET_KEY"] == given["SUPPRESSION_KEY"] == ""
    keys = {"SECRET_KEY": "a" * 64, "SUPPRESSION_KEY": "b" * 64}
    settings = config.load({**given, **keys, "INSTANCE_PATH": str(tmp_path)}, tmp_path)
    assert settings.trusted_proxies == 1
    password = settings_in(examples / "db.env.example")["POSTGRES_PASSWORD"]
    assert settings.database_url == f"postgresql+psycopg://digest:{password}@db/digest"
    for name, service in _COMPOSE["services"].items():
        assert not re.search("PASSWORD|KEY", str(service.get("environment", ""))), name


def unit_of(file: Path) -> Mapping[str, list[str]]:
    """What a unit says, each name with all its values."""
    said: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        name, is_said, value = line.partition("=")
        if is_said and not line.startswith("#"):
            said.setdefault(name, []).append(value)
    return said


@pytest.mark.parametrize("file", _SERVICES, ids=lambda file: file.stem)
def test_each_unit_runs_a_command_that_there_is_as_a_user_who_can_write_nowhere_else(file: Path) -> None:
    unit = unit_of(file)
    (command,) = unit["ExecStart"]
    assert command.startswith("/srv/digest/.venv/bin/digest ")
    must_be_a_command(shlex.split(command))
    assert (unit["User"], unit["StateDirectory"], unit["StateDirectoryMode"]) == (["digest"], ["digest"], ["0700"])
    assert (unit["ProtectSystem"], unit["NoNewPrivileges"], unit["UMask"]) == (["strict"], ["yes"], ["0077"])
    assert {path.lstrip("-") for path in unit.get("ReadWritePaths", [])} <= {"/var/backups/digest"}


def test_systemd_understands_the_units_and_calls_them_confined(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not here, so docs/systemd is not tried with it: apt-get install systemd")
    command = tmp_path / "digest"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    copies = [tmp_path / unit.name for unit in _UNITS]
    for unit, copy in zip(_UNITS, copies, strict=True):
        copy.write_text(unit.read_text().replace("/srv/digest/.venv/bin/digest", str(command)))
    done = subprocess.run([program, "verify", *map(str, copies)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for unit in _SERVICES:
        words = [program, "security", "--offline=true", "--threshold=15", str(unit)]  # of 100: the lower, the better
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
