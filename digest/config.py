"""The settings: read once from the environment and `.env`, checked at the start, frozen after.

The only reader of `os.environ`. A bad value raises BadSetting, which names the setting and the remedy.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values

from digest.domain import addresses, signatures
from digest.domain.calendar import DAYS, Schedule, Weekly

T = TypeVar("T")

_SECRET = {"SENDGRID_API_KEY", "DATABASE_URL", "SENDGRID_WEBHOOK_KEY"}
"""Never shown: a database's URL may carry its password, and one key is easily put in another's place."""
_LONGEST_MONITOR = 254  # it is kept where messages keep their recipient
_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


class BadSetting(ValueError):
    """A setting can't be used; the message is `NAME=value: remedy`."""


@dataclass(frozen=True)
class Settings:
    """Everything an installation decides. Secrets are left out of `repr`, so that no log can print them."""

    instance_path: Path
    database_url: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    suppression_key: str
    site_url: str
    site_name: str
    postal_address: str
    mail_from: str
    mail_reply_to: str
    mail_transport: str
    mail_redirect_all: str
    sendgrid_api_key: str
    sendgrid_host: str
    sendgrid_webhook_key: str
    schedule: Schedule
    minimum_items: int
    send_concurrency: int
    trusted_proxies: int
    alert_url: str
    heartbeat_url: str

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """The secrets that a link may be signed with, the current one first."""
        return (self.secret_key, *self.secret_key_fallbacks)

    @property
    def outbox_path(self) -> Path:
        """Where the `outbox` transport writes its messages."""
        return self.instance_path / "outbox"

    def __repr__(self) -> str:
        return f"Settings(site_url={self.site_url!r}, mail_transport={self.mail_transport!r})"


def load(environ: Mapping[str, str] | None = None, root: Path | None = None) -> Settings:
    """The settings of this installation.

    `environ` (default: the process's environment) beats `.env` in `root` (default: the folder of `wsgi.py`; for an
    installed wheel the working directory), against which relative paths resolve too. Makes the instance folder and,
    where they are not set, its two keys. Raises BadSetting.
    """
    root = root or _root()
    values = _Values({**_dotenv(root / ".env"), **(os.environ if environ is None else environ)})
    instance = root / values.text("INSTANCE_PATH", "instance")
    url = values.text("DATABASE_URL", "") or f"sqlite:///{instance / 'digest.db'}"
    transport = values.checked("MAIL_TRANSPORT", "outbox", _one_of("outbox", "sendgrid"))
    settings = Settings(
        instance_path=instance,
        database_url=values.checked("DATABASE_URL", url, lambda text: _database_url(text, root)),
        secret_key=values.secret("SECRET_KEY"),
        secret_key_fallbacks=tuple(values.text("SECRET_KEY_FALLBACKS", "").replace(",", " ").split()),
        suppression_key=values.secret("SUPPRESSION_KEY"),
        site_url=values.checked("SITE_URL", "http://127.0.0.1:8000", _web_address).rstrip("/"),
        site_name=values.checked("SITE_NAME", "Privacy Digest", _line),
        postal_address=values.checked("POSTAL_ADDRESS", "", _line),
        mail_from=values.checked("MAIL_FROM", "", _mailbox),
        mail_reply_to=values.checked("MAIL_REPLY_TO", "", _mailbox),
        mail_transport=transport,
        mail_redirect_all=values.checked("MAIL_REDIRECT_ALL", "", _mailbox),
        sendgrid_api_key=values.checked("SENDGRID_API_KEY", "", _api_key),
        sendgrid_host=values.checked("SENDGRID_HOST", "https://api.sendgrid.com", _sendgrid_host),
        sendgrid_webhook_key=values.checked("SENDGRID_WEBHOOK_KEY", "", _webhook_key),
        schedule=_schedule(values),
        minimum_items=values.checked("DIGEST_MINIMUM_ITEMS", "1", _at_least(1)),
        send_concurrency=values.checked("SEND_CONCURRENCY", "4", _at_least(1)),
        trusted_proxies=values.checked("TRUSTED_PROXIES", "0", _at_least(0)),
        alert_url=values.checked("ALERT_URL", "", _optional_web_address),
        heartbeat_url=values.checked("HEARTBEAT_URL", "", _optional_web_address),
    )
    _require_together(settings, values)
    return _with_kept_keys(settings)


def resource(name: str) -> Path:
    """A folder that ships beside the code (`templates`, `migrations`): in a checkout, or inside the wheel."""
    checkout = _CHECKOUT / name
    return checkout if (_CHECKOUT / "wsgi.py").exists() else _PACKAGE / name


class _Values:
    """Raw settings by name; an empty value counts as not set."""

    def __init__(self, raw: Mapping[str, str | None]) -> None:
        self._raw = {name: value.strip() for name, value in raw.items() if value and value.strip()}

    def text(self, name: str, default: str) -> str:
        return self._raw.get(name, default)

    def checked(self, name: str, default: str, check: Callable[[str], T]) -> T:
        value = self.text(name, default)
        try:
            return check(value)
        except ValueError as error:
            shown = name if name in _SECRET else f"{name}={value}"
            raise BadSetting(f"{shown}: {error}") from None

    def secret(self, name: str) -> str:
        value = self.text(name, "")
        if value and len(value) < 16:
            raise BadSetting(f"{name}: use at least 16 random characters, for example from `openssl rand -hex 32`")
        return value


def _root() -> Path:
    return _CHECKOUT if (_CHECKOUT / "wsgi.py").exists() else Path.cwd()


def _dotenv(path: Path) -> dict[str, str | None]:
    return dict(dotenv_values(path)) if path.is_file() else {}


def _schedule(values: _Values) -> Schedule:
    return Schedule(
        send=Weekly(values.checked("DIGEST_DAY", "fri", _weekday), values.checked("DIGEST_TIME", "08:00", _clock_time)),
        cutoff=values.checked("DIGEST_CUTOFF", "thu 16:00", _weekly),
        zone=values.checked("DIGEST_TIMEZONE", "Europe/London", _zone),
    )


def _weekday(text: str) -> int:
    if text.lower() not in DAYS:
        raise ValueError(f"use one of {', '.join(DAYS)}")
    return DAYS.index(text.lower())


def _clock_time(text: str) -> time:
    hours, colon, minutes = text.partition(":")
    if not (
        colon
        and hours.isdecimal()
        and minutes.isdecimal()
        and len(minutes) == 2
        and int(hours) < 24
        and int(minutes) < 60
    ):
        raise ValueError("use HH:MM, for example 09:00")
    return time(int(hours), int(minutes))


def _weekly(text: str) -> Weekly:
    parts = text.split()
    if len(parts) != 2:
        raise ValueError("use a day and a time, for example “thu 16:00”")
    return Weekly(_weekday(parts[0]), _clock_time(parts[1]))


def _zone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("use a name from the time zone database, for example Europe/London") from None


def _one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise ValueError(f"use {' or '.join(words)}")
        return text

    return check


def _at_least(least: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"use a whole number, {least} or more")
        return int(text)

    return check


def _line(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("use one line without control characters")
    return text


def _api_key(text: str) -> str:
    if not text.isascii() or any(not 32 < ord(character) < 127 for character in text):
        raise ValueError("use the key as SendGrid shows it, without spaces or other characters; copy it again")
    return text


def _webhook_key(text: str) -> str:
    try:
        if text:
            signatures.public_key(text)
    except ValueError as error:
        raise ValueError(
            f"{error}; copy the verification key of SendGrid’s Event Webhook again, as one line without spaces"
        ) from None
    return text


def _mailbox(text: str) -> str:
    return addresses.parse(text).key if text else ""


def _web_address(text: str) -> str:
    parts = _parts(_line(text))
    if parts is None or parts.query or parts.fragment:
        raise ValueError("use an address such as https://digest.example.org")
    return text


def _optional_web_address(text: str) -> str:
    if text and _parts(_line(text)) is None:
        raise ValueError("use an http or https address, or leave it out")
    if len(text) > _LONGEST_MONITOR:
        raise ValueError(f"use an address of at most {_LONGEST_MONITOR} characters")
    return text


def _parts(url: str) -> SplitResult | None:
    """The parts of a web address; None if it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _sendgrid_host(text: str) -> str:
    parts = urlsplit(_web_address(text))
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("use https (plain http is for a loopback address only), for example https://api.sendgrid.com")
    return text.rstrip("/")


def _database_url(text: str, root: Path) -> str:
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///")
        if not path or path == ":memory:":
            raise ValueError("use a file, for example sqlite:///instance/digest.db")
        return f"sqlite:///{root / path}"
    if not text.startswith("postgresql+psycopg://"):
        raise ValueError("use sqlite:///path/to/digest.db or postgresql+psycopg://user@host/database")
    return text


def _require_together(settings: Settings, values: _Values) -> None:
    if settings.mail_transport == "sendgrid":
        needed = {
            "MAIL_FROM": (settings.mail_from, "the verified sender’s address"),
            "POSTAL_ADDRESS": (settings.postal_address, "the postal address that each digest shows"),
            "SENDGRID_API_KEY": (settings.sendgrid_api_key, "a key with the permission to send mail"),
        }
        for name, (value, what) in needed.items():
            if not value:
                raise BadSetting(f"{name}: MAIL_TRANSPORT=sendgrid needs it; set it to {what}")
    if settings.database_url.startswith("postgresql"):
        for name in ("SECRET_KEY", "SUPPRESSION_KEY"):
            if not values.text(name, ""):
                raise BadSetting(f"{name}: on PostgreSQL set it yourself, the same on every host")


def _with_kept_keys(settings: Settings) -> Settings:
    return replace(
        settings,
        secret_key=settings.secret_key or _kept_key(settings.instance_path, "secret_key"),
        suppression_key=settings.suppression_key or _kept_key(settings.instance_path, "suppression_key"),
    )


def _kept_key(folder: Path, name: str) -> str:
    """The key kept in the instance folder, made on the first start; two starts at once agree on one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        fresh = folder / f".{name}.{secrets.token_hex(8)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)  # unlike a rename, never replaces the key that another start has just made
        fresh.unlink()
    return path.read_text().strip()
