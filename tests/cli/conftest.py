"""A shell at the installation."""

from __future__ import annotations

import os

import pytest

from digest.config import Settings
from tests.cli.shell import Shell
from tests.conftest import through
from tests.loopback.sendgrid import LoopbackSendGrid


@pytest.fixture
def shell(environ: dict[str, str], settings: Settings, sendgrid: LoopbackSendGrid) -> Shell:
    """The command in the installation's environment; it sends through the loopback SendGrid."""
    here = {"PATH": os.environ["PATH"], "INSTANCE_PATH": str(settings.instance_path)}
    return Shell(environ | here | through(sendgrid))
