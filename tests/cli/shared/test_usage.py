"""What the commands say of themselves, and to those who use them wrongly."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from digest.cli import cli
from tests.cli.shell import Shell

DOCUMENTS = Path(__file__).parents[3]
COLUMNS = 80
CONTEXT = click.Context(cli)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words), terminal_width=COLUMNS)


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield *path, name


def written(document: str) -> Iterator[str]:
    """Every `digest …` in a block of code or between backticks, as far as it is one command."""
    text = re.sub(r"\\\n\s*", " ", (DOCUMENTS / document).read_text())
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE))
    for line in [line for block in blocks for line in block.splitlines()] + inline:
        if found := re.search(r"(?:^|/bin/)digest ([a-z].*)", line.strip()):
            yield re.split(r"\s+(?:#|>|\|\s)", found[1])[0].strip()


@pytest.mark.parametrize("path", list(commands(cli)), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    for flag in ("--help", "-h"):
        result = run(*path, flag)
        assert result.exit_code == 0
        assert f"Usage: cli {' '.join(path)}".rstrip() in result.output


@pytest.mark.parametrize(
    "path", [(), ("db",), ("editors",), ("subscribers",), ("suppressions",), ("summaries",), ("feeds",)]
)
def test_a_list_of_commands_is_not_cut_off(path: tuple[str, ...]) -> None:
    listed = run(*path, "--help").output.partition("Commands:\n")[2].splitlines()
    assert listed
    assert [line for line in listed if line.endswith("...")] == []


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        *(
            f"docs/{page}.md"
            for page in ("architecture", "benchmarks", "contributing", "decisions", "running", "sending")
        ),
    ],
)
def test_every_command_in_the_documents_exists_with_its_options(document: str) -> None:
    lines = list(written(document))
    assert lines
    for line in lines:
        words = shlex.split(line.replace("…", "").replace("’", ""))
        command: click.Command = cli
        while isinstance(command, click.Group) and words and (found := command.get_command(CONTEXT, words[0])):
            command, words = found, words[1:]
        assert command is not cli, line
        known = {flag for option in command.params for flag in option.opts} | {"--help"}
        assert {word.strip("[]").partition("=")[0] for word in words if word.lstrip("[").startswith("--")} <= known, (
            line
        )


@pytest.mark.parametrize("bind", ["nonsense", "8000", ":8000", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:0"])
def test_an_address_that_nobody_can_listen_at_is_wrong_usage(bind: str) -> None:
    result = run("serve", "--bind", bind)
    assert result.exit_code == 2
    assert f"“{bind}”: use HOST:PORT, for example 127.0.0.1:8000." in result.stderr


def test_words_come_through_in_any_locale(shell: Shell) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "digest.cli", "settle", "1", "sent", "--because", b"caf\xe9"],
        env=shell.environ | {"PYTHONIOENCODING": "latin-1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.decode() == "digest: “caf\\udce9” is not UTF-8. Give it in UTF-8.\n"
