"""The settings: read once from the environment and `.env`, checked at the start, frozen after.

The only reader of `os.environ`; `names` says which there are, `checks` what one value may be. What can't be meant
raises BadSetting, which names the setting and the remedy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from digest.config import checks, keys, languages, names
from digest.domain.issues.calendar import Schedule, Weekly
from digest.domain.running.branding import LONGEST_NAME, LONGEST_TAGLINE, Branding
from digest.domain.shared.webhook_signatures import PREFIX

T = TypeVar("T")

_SECRET = {"SENDGRID_API_KEY", "DATABASE_URL", "URL", "SENDGRID_WEBHOOK_KEY", "FEED_PROXY", "EVENTS_KEY"}
"""Never shown: the URL of a database or a proxy may carry a password, and one key is easily put in another's place."""
_LONG = 16
_PACKAGE = Path(__file__).parent.parent
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
    branding: Branding
    """As the settings have it; what the desk says instead is laid over it (`operations.shared.context.branded`)."""
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
    events_url: str
    """Where the operator's own service hears of readers and issues; empty: nobody does, and nothing is kept for it."""
    events_key: str
    events_with_address: bool
    log_format: str
    """`text`, or `json`: one object a line."""
    feed_interval: timedelta
    """The least time between two checks of a source."""
    feed_networks: tuple[IPv4Network | IPv6Network, ...]
    feed_proxy: str
    leads_kept: timedelta
    backup_path: Path | None
    """The folder for the clock's daily backups; None: it makes none."""
    backup_keep: int
    deliveries_kept: timedelta
    """How long it is known which reader got an issue."""
    consents_kept: timedelta
    """How long the evidence of a consent is kept after its reader left."""
    site_controller: str
    """Who answers for the data (Art. 4(7) GDPR), by name and address; empty where nobody is named."""
    site_authority: str
    """Where to complain (Art. 77 GDPR), by name; empty where none is named."""

    @property
    def site_name(self) -> str:
        """What the publication is called."""
        return self.branding.name

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """The secrets that a link may be signed with, the current one first."""
        return (self.secret_key, *self.secret_key_fallbacks)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may stand in no log. A monitor's address is a secret, too: whoever knows it can keep it quiet."""
        password = self.database_url.partition("://")[2].rpartition("@")[0].partition(":")[2]
        monitors = [found.partition("://")[2] for found in (self.alert_url, self.heartbeat_url, self.events_url)]
        paths = [path for path in (found.partition("/")[2] for found in monitors) if len(path) >= _LONG]
        proxy = urlsplit(self.feed_proxy).password or ""
        keys = (*self.signing_keys, self.suppression_key, self.sendgrid_api_key, self.events_key)
        return (*keys, self.events_key.removeprefix(PREFIX), password, proxy, *monitors, *paths)

    @property
    def outbox_path(self) -> Path:
        """Where the `outbox` transport writes its messages."""
        return self.instance_path / "outbox"

    def __repr__(self) -> str:
        return f"Settings(site_url={self.site_url!r}, mail_transport={self.mail_transport!r})"


def load(environ: Mapping[str, str] | None = None, root: Path | None = None, make_keys: bool = True) -> Settings:
    """The settings of this installation.

    `environ` (default: the process's environment) beats `.env` in `root` (default: the folder of `wsgi.py`; for an
    installed wheel the working directory), against which relative paths resolve too. Makes the two keys where they are
    not set, and the instance folder for them; not `make_keys`: a key that is nowhere is empty. Raises BadSetting, also
    for a name that is none and looks like one.
    """
    root = root or _root()
    values = _Values(_raw(os.environ if environ is None else environ, root))
    instance = values.checked("INSTANCE_PATH", "instance", lambda text: keys.usable_folder(text, root))
    url = values.text("DATABASE_URL", "") or f"sqlite:///{instance / 'digest.db'}"
    transport = values.checked("MAIL_TRANSPORT", "outbox", checks.one_of("outbox", "sendgrid"))
    settings = Settings(
        instance_path=instance,
        database_url=values.checked("DATABASE_URL", url, lambda text: checks.database_url(text, root)),
        secret_key=values.secret("SECRET_KEY"),
        secret_key_fallbacks=tuple(values.text("SECRET_KEY_FALLBACKS", "").replace(",", " ").split()),
        suppression_key=values.secret("SUPPRESSION_KEY"),
        site_url=values.checked("SITE_URL", "http://127.0.0.1:8000", checks.web_address),
        branding=Branding(
            name=values.checked("SITE_NAME", "Privacy Digest", checks.line_of(LONGEST_NAME)),
            tagline=values.checked("SITE_TAGLINE", "", checks.line_of(LONGEST_TAGLINE)),
            language=values.checked("SITE_LANGUAGE", "en-GB", checks.one_of(*languages.NAMES)),
        ),
        postal_address=values.checked("POSTAL_ADDRESS", "", checks.line_of(300)),
        mail_from=values.checked("MAIL_FROM", "", checks.mailbox),
        mail_reply_to=values.checked("MAIL_REPLY_TO", "", checks.mailbox),
        mail_transport=transport,
        mail_redirect_all=values.checked("MAIL_REDIRECT_ALL", "", checks.mailbox),
        sendgrid_api_key=values.checked("SENDGRID_API_KEY", "", checks.api_key),
        sendgrid_host=values.checked("SENDGRID_HOST", "https://api.sendgrid.com", checks.sendgrid_host),
        sendgrid_webhook_key=values.checked("SENDGRID_WEBHOOK_KEY", "", checks.webhook_key),
        schedule=_schedule(values),
        minimum_items=values.checked("DIGEST_MINIMUM_ITEMS", "1", checks.between(1, 100)),
        send_concurrency=values.checked("SEND_CONCURRENCY", "4", checks.between(1, 15)),
        trusted_proxies=values.checked("TRUSTED_PROXIES", "0", checks.between(0, 10)),
        alert_url=values.checked("ALERT_URL", "", checks.monitor),
        heartbeat_url=values.checked("HEARTBEAT_URL", "", checks.monitor),
        events_url=values.checked("EVENTS_URL", "", checks.monitor),
        events_key=values.checked("EVENTS_KEY", "", checks.events_key),
        events_with_address=values.checked("EVENTS_WITH_ADDRESS", "no", checks.one_of("yes", "no")) == "yes",
        log_format=values.checked("LOG_FORMAT", "text", checks.one_of("text", "json")),
        feed_interval=timedelta(minutes=values.checked("FEED_INTERVAL", "60", checks.between(1, 1440))),
        feed_networks=values.checked("FEED_NETWORKS", "", checks.networks),
        feed_proxy=values.checked("FEED_PROXY", "", checks.proxy),
        leads_kept=timedelta(days=values.checked("RETENTION_LEADS", "90", checks.between(14, 3650))),
        backup_path=values.checked("BACKUP_PATH", "", lambda text: keys.usable_folder(text, root) if text else None),
        backup_keep=values.checked("BACKUP_KEEP", "14", checks.between(1, 3650)),
        deliveries_kept=timedelta(days=values.checked("RETENTION_DELIVERIES", "730", checks.between(30, 36500))),
        consents_kept=timedelta(days=values.checked("RETENTION_CONSENTS", "1095", checks.between(30, 36500))),
        site_controller=values.checked("SITE_CONTROLLER", "", checks.line_of(300)),
        site_authority=values.checked("SITE_AUTHORITY", "", checks.line_of(300)),
    )
    _require_together(settings, values)
    return _with_kept_keys(settings, make_keys)


def env_file() -> Path:
    """The `.env` that is read, whether or not there is one."""
    return _root() / ".env"


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


def database_url(text: str, root: Path | None = None) -> str:
    """A database's URL as given to a command, relative paths resolved as in DATABASE_URL. Raises BadSetting."""
    return _Values({"URL": text}).checked("URL", "", lambda url: checks.database_url(url, root or _root()))


def _root() -> Path:
    return _CHECKOUT if (_CHECKOUT / "wsgi.py").exists() else Path.cwd()


def _raw(environ: Mapping[str, str], root: Path) -> Mapping[str, str | None]:
    try:
        file = names.read_file(root / ".env")
    except names.Unreadable as error:
        raise BadSetting(str(error)) from None
    if fault := names.fault_in(environ):
        raise BadSetting(fault)
    return {**file, **environ}


def _schedule(values: _Values) -> Schedule:
    send = Weekly(
        values.checked("DIGEST_DAY", "fri", checks.weekday),
        values.checked("DIGEST_TIME", "08:00", checks.clock_time),
    )
    cutoff = values.checked("DIGEST_CUTOFF", "thu 16:00", lambda text: checks.cutoff(text, send))
    return Schedule(send, cutoff, zone=values.checked("DIGEST_TIMEZONE", "Europe/London", checks.zone))


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
    if settings.events_url and not settings.events_key:
        raise BadSetting(f"EVENTS_KEY: EVENTS_URL needs it, so that nobody can forge an event; {checks.A_KEY}")
    if settings.secret_key and settings.secret_key == settings.suppression_key:
        raise BadSetting(
            "SECRET_KEY: it is the same as SUPPRESSION_KEY, and only one of them may ever change. Make another "
            "SECRET_KEY with `openssl rand -hex 32`, and put this one into SECRET_KEY_FALLBACKS"
        )
    if settings.database_url.startswith("postgresql"):
        for name in ("SECRET_KEY", "SUPPRESSION_KEY"):
            if not values.text(name, ""):
                raise BadSetting(f"{name}: on PostgreSQL set it yourself, the same on every host")


def _with_kept_keys(settings: Settings, make: bool) -> Settings:
    folder = settings.instance_path
    return replace(
        settings,
        secret_key=settings.secret_key or _kept(folder, "secret_key", make),
        suppression_key=settings.suppression_key or _kept(folder, "suppression_key", make),
    )


def _kept(folder: Path, name: str, make: bool) -> str:
    if not make and not (folder / name).exists():
        return ""
    try:
        return keys.kept_key(folder, name)
    except ValueError as error:
        raise BadSetting(f"{name.upper()}: {error}") from None
