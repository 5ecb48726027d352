"""The `digest` command. One file a group of commands; every command exits 0 only when what it was asked is done."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from keyword import iskeyword

import click

from digest.cli.shared.failing import of_the_system
from digest.cli.shared.logs import log_as_a_command, redacted
from digest.config import BadSetting
from digest.config.private import PRIVATE
from digest.operations.shared.refusal import Miscounted, Refused

_HOMES = {
    "serve": "running.serving",
    "try-start": "running.site",
    "scheduler": "running.clock",
    "send": "sending.sending",
    "status": "accounting.status",
    "preview": "issues.preview",
    "settle": "accounting.settle",
    "subscribers": "readers.subscribers",
    "suppressions": "suppressions.suppressions",
    "leads": "sources.leads",
    "summaries": "writing.summaries",
    "issues": "issues.issues",
    "feeds": "sources.feeds",
    "editors": "people.editors",
    "db": "running.db",
    "backup": "running.backup",
    "doctor": "running.doctor",
    "restore": "running.backup",
    "export": "running.whole_site",
    "import": "running.whole_site",
    "demo": "running.demo",
}
"""Each command, and the file that it lives in."""


class _Commands(click.Group):
    """Loads the command that is asked for and no other: loading all takes as long as sending 100,000 readers."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(_HOMES)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _HOMES:
            return None
        command: click.Command = getattr(import_module(f"digest.cli.{_HOMES[name]}"), _attribute(name))
        return command


def _attribute(name: str) -> str:
    """What the command is called in its file; `import` is a word of Python's own."""
    return f"{name}_" if iskeyword(name) else name.replace("-", "_")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="digest")
def cli() -> None:
    """A weekly email digest: the site, the clock, the send, and everything around them."""


def main() -> None:
    """Run the command; expected refusals become one line and a status, never a stack trace."""
    _speak_utf8()
    os.umask(PRIVATE)
    log_as_a_command()
    try:
        sys.exit(cli(standalone_mode=False))
    except click.UsageError as error:
        if error.ctx:
            click.echo(error.ctx.get_usage(), err=True)
        _end(error.format_message(), 2)
    except click.ClickException as error:
        _end(error.format_message(), error.exit_code)
    except click.Abort:
        _end("Ended before it was done.", 1)
    except BadSetting as error:
        _end(str(error), 2)
    except Refused as error:
        _end(str(error), 4)
    except Miscounted as error:
        _end(str(error), 1)
    except BrokenPipeError:
        sys.exit(1)  # whoever read the output has had enough
    except OSError as error:
        _end(redacted(of_the_system(error)), 1)
    except Exception as error:
        words = _of_the_database(error)
        if words is None:
            raise
        _end(redacted(words), 1)


def _speak_utf8() -> None:
    """Whatever the terminal’s locale: names and addresses must not be lost, nor a command end on a quotation mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    for word in sys.argv[1:]:
        if any("\ud800" <= character <= "\udfff" for character in word):
            _end(f"“{word}” is not UTF-8. Give it in UTF-8.", 2)


def _of_the_database(error: Exception) -> str | None:
    """What the database did not do; None where the error is none of its own."""
    # Not before something failed: what knows its errors takes 15 MB, which the supervisor would keep for good.
    faults = import_module("digest.cli.running.database_faults")
    return faults.of_the_database(error) if isinstance(error, faults.DBAPIError) else None


def _end(words: str, status: int) -> None:
    click.echo(f"digest: {words}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
