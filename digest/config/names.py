"""Which settings there are, and which names look like one and are none: a mistyped name must not pass unheard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

KNOWN = frozenset(
    (
        "INSTANCE_PATH", "DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SUPPRESSION_KEY",
        "SITE_URL", "SITE_NAME", "SITE_TAGLINE", "SITE_LANGUAGE", "POSTAL_ADDRESS", "MAIL_FROM", "MAIL_REPLY_TO",
        "MAIL_TRANSPORT", "MAIL_REDIRECT_ALL",
        "SENDGRID_API_KEY", "SENDGRID_HOST", "SENDGRID_WEBHOOK_KEY",
        "DIGEST_DAY", "DIGEST_TIME", "DIGEST_TIMEZONE", "DIGEST_CUTOFF", "DIGEST_MINIMUM_ITEMS",
        "SEND_CONCURRENCY", "TRUSTED_PROXIES", "ALERT_URL", "HEARTBEAT_URL", "LOG_FORMAT", "EVENTS_URL", "EVENTS_KEY",
        "EVENTS_WITH_ADDRESS",
        "FEED_INTERVAL", "FEED_NETWORKS", "FEED_PROXY", "RETENTION_LEADS", "RETENTION_DELIVERIES", "RETENTION_CONSENTS",
        "BACKUP_PATH", "BACKUP_KEEP", "SITE_CONTROLLER", "SITE_AUTHORITY",
    )
)  # fmt: skip
"""Every name that is a setting."""

_OURS_ALONE = ("DIGEST_", "SENDGRID_")
"""What begins so is nobody else's, but for the exceptions."""
_OURS = (
    "DATABASE_", "MAIL_", "SITE_", "FEED_", "BACKUP_", "RETENTION_", "SEND_", "ALERT_", "HEARTBEAT_", "TRUSTED_",
    "POSTAL_", "EVENTS_", "INSTANCE_", "SUPPRESSION_", "SECRET_",
)  # fmt: skip
"""What begins so may be another program's in a shared environment, and is ours where it is nearly one of our names."""
_OTHERS = frozenset(("SECRET_KEY_BASE", "SECRET_TOKEN", "SENDGRID_USERNAME", "SENDGRID_PASSWORD", "SITE_PACKAGES"))
"""Names that other programs are known to read."""
_OF_A_SERVICE = re.compile(r"[A-Z0-9_]+_(?:SERVICE_\w+|PORT(?:_\w+)?)", re.ASCII)
"""What Kubernetes, and Docker for linked containers, tell of every service, one called “digest” among them."""
_KEYS = ("DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SUPPRESSION_KEY", "SENDGRID_API_KEY", "EVENTS_KEY")
_NEAR = 0.8
_FAR = 0.6


class Unreadable(ValueError):
    """A `.env` that can't be understood; the message names it, the place and the remedy."""


def fault_in(environment: Iterable[str]) -> str | None:
    """What is wrong with a name in the environment that is meant for us, in words; None if nothing is."""
    for name in sorted(environment):
        if name in KNOWN or name in _OTHERS or _OF_A_SERVICE.fullmatch(name):
            continue
        spelled, near = name.upper(), _near(name, _NEAR)
        if spelled.startswith(_OURS_ALONE) or (near and spelled.startswith(_OURS)):
            return _unknown(name, near or _near(name, _FAR), "")
    return None


def read_file(path: Path) -> Mapping[str, str | None]:
    """The settings in a `.env`; nothing where there is none. Raises Unreadable, also for a name that is no setting."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            bindings = list(parse_stream(file))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: it is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise Unreadable(
            f"{path}: it can’t be read ({error.strerror}); let the user that runs Digest read it"
        ) from None
    for binding in bindings:
        if binding.error or (binding.key and binding.value is None):
            raise Unreadable(
                f"{path}, line {binding.original.line}: this is no NAME=value; mend it, or begin the line with #"
            )
        if binding.key and binding.key not in KNOWN:
            raise Unreadable(_unknown(binding.key, _near(binding.key, _FAR), f" (in {path})"))
    return dotenv_values(path, encoding="utf-8-sig")


def holds_keys(path: Path) -> bool:
    """Whether a readable `.env` has a value that nobody else may know."""
    return any(read_file(path).get(name) for name in _KEYS)


def _near(name: str, cutoff: float) -> str:
    return next(iter(get_close_matches(name.upper(), sorted(KNOWN), 1, cutoff)), "")


def _unknown(name: str, near: str, where: str) -> str:
    remedy = f"did you mean {near}" if near else "take it away; docs/running.md lists them all"
    return f"{name}{where}: there is no such setting; {remedy}"
