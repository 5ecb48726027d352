"""The settings: what stops the start, what it says then, and what is kept."""

from __future__ import annotations

import re
import stat
from base64 import b64encode
from datetime import time, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digest.config import BadSetting, load
from digest.config.names import KNOWN
from digest.domain.issues.calendar import Weekly

KEYS = {"SECRET_KEY": "k" * 32, "SUPPRESSION_KEY": "s" * 32}
SENDGRID = {
    "MAIL_TRANSPORT": "sendgrid",
    "MAIL_FROM": "editor@example.org",
    "POSTAL_ADDRESS": "1 Street, London",
    "SENDGRID_API_KEY": "SG.planted-api-key",
}


ON_ANOTHER_CURVE = b64encode(
    derive_private_key(20_240_517, SECP384R1())
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


def test_an_empty_environment_is_enough(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert settings.instance_path == tmp_path / "instance"
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/digest.db"
    assert (settings.site_url, settings.site_name) == ("http://127.0.0.1:8000", "Privacy Digest")
    assert (settings.mail_transport, settings.outbox_path) == ("outbox", tmp_path / "instance" / "outbox")
    assert settings.schedule.send == Weekly(4, time(8, 0))
    assert settings.schedule.cutoff == Weekly(3, time(16, 0))
    assert settings.schedule.zone.key == "Europe/London"
    assert (settings.minimum_items, settings.send_concurrency, settings.trusted_proxies) == (1, 4, 0)
    assert settings.sendgrid_host == "https://api.sendgrid.com"
    assert (settings.feed_interval, settings.feed_networks, settings.feed_proxy) == (timedelta(minutes=60), (), "")


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("DIGEST_TIME", "9am", "use HH:MM"),
        ("DIGEST_TIME", "24:00", "use HH:MM"),
        ("DIGEST_TIME", "08:60", "use HH:MM"),
        ("DIGEST_TIME", "8:5", "use HH:MM"),
        ("DIGEST_TIME", "²:00", "use HH:MM"),
        ("DIGEST_DAY", "Friday", "use one of mon, tue"),
        ("DIGEST_CUTOFF", "thu", "use a day and a time"),
        ("DIGEST_CUTOFF", "thu 4pm", "use HH:MM"),
        ("DIGEST_CUTOFF", "thursday 16:00", "use one of mon, tue"),
        ("DIGEST_TIMEZONE", "London", "use a name from the time zone database"),
        ("DIGEST_TIMEZONE", "../../etc/passwd", "use a name from the time zone database"),
        ("DIGEST_MINIMUM_ITEMS", "0", "use a whole number, 1 or more"),
        ("DIGEST_MINIMUM_ITEMS", "²", "use a whole number, 1 or more"),
        ("SEND_CONCURRENCY", "many", "use a whole number, 1 or more"),
        ("SEND_CONCURRENCY", "-1", "use a whole number, 1 or more"),
        ("TRUSTED_PROXIES", "1.5", "use a whole number, 0 or more"),
        ("SITE_URL", "digest.example.org", "use an address such as https://"),
        ("SITE_CONTROLLER", "Example\nPublishing", "use one line"),
        ("SITE_AUTHORITY", "x" * 301, "use at most 300 characters"),
        ("RETENTION_DELIVERIES", "two years", "use a whole number, 30 or more"),
        ("RETENTION_CONSENTS", "29", "use a whole number, 30 or more"),
        ("SITE_URL", "ftp://digest.example.org", "use an address such as https://"),
        ("SITE_URL", "https://digest.example.org/?a=b", "use an address such as https://"),
        ("SITE_URL", "https://digest.example.org:port", "use an address such as https://"),
        ("SITE_URL", "https://[::1", "use an address such as https://"),
        ("SITE_LANGUAGE", "de-AT", "use en-GB or de"),
        ("SITE_TAGLINE", "x" * 161, "use at most 160 characters"),
        ("SITE_NAME", "Privacy\r\nBcc: x@example.org", "use one line"),
        ("POSTAL_ADDRESS", "1 Street\nLondon", "use one line"),
        ("MAIL_FROM", "editor", "can’t be an email address"),
        ("MAIL_FROM", "editor@example.org\nBcc: x@example.org", "can’t be an email address"),
        ("MAIL_FROM", "=?utf-8?q?a=0d=0aBcc=3a_e=40e.e?=@example.org", "can’t be an email address"),
        ("MAIL_FROM", "editor@exa\u00admple.org", "can’t be an email address"),
        ("MAIL_REPLY_TO", "=?UTF-8?B?YQ==?=@example.org", "can’t be an email address"),
        ("MAIL_REDIRECT_ALL", "a\u200b@example.org", "can’t be an email address"),
        ("SITE_NAME", "Privacy\u2028Digest", "use one line"),
        ("SITE_NAME", "Privacy\x85Digest", "use one line"),
        ("POSTAL_ADDRESS", "1 Street\u2029London", "use one line"),
        ("SITE_URL", "https://digest.exa\u200bmple.org", "use an address such as https://"),
        ("ALERT_URL", "https://alerts.exa%C2%ADmple.org/x", "use an http or https address"),
        ("MAIL_REPLY_TO", "editor@", "can’t be an email address"),
        ("MAIL_REDIRECT_ALL", "nobody", "can’t be an email address"),
        ("MAIL_TRANSPORT", "smtp", "use outbox or sendgrid"),
        ("SENDGRID_HOST", "http://api.sendgrid.com", "use https"),
        ("SENDGRID_HOST", "http://127.0.0.1.example.org", "use https"),
        ("SENDGRID_HOST", "api.sendgrid.com", "use an address such as https://"),
        ("EVENTS_URL", "mailto:op@example.org", "use an http or https address, or leave it out"),
        ("EVENTS_WITH_ADDRESS", "true", "yes"),
        ("LOG_FORMAT", "xml", "json"),
        ("ALERT_URL", "mailto:op@example.org", "use an http or https address, or leave it out"),
        ("ALERT_URL", "https://[::1", "use an http or https address, or leave it out"),
        ("HEARTBEAT_URL", "ping", "use an http or https address, or leave it out"),
        ("DIGEST_CUTOFF", "fri 08:00", "would close 7 days 0 h before"),
        ("DIGEST_CUTOFF", "fri 08:01", "would close 6 days 23 h before"),
        ("DIGEST_CUTOFF", "sun 09:00", "at most 4 days before the send, for example “thu 16:00”"),
        ("SITE_URL", "https://digest.example.org/blog", "and nothing else"),
        ("SITE_URL", "https://digest.example.org/#top", "and nothing else"),
        ("SITE_URL", "https://digest.example.org?", "and nothing else"),
        ("SITE_URL", "https://op:pw@digest.example.org", "and nothing else"),
        ("SITE_URL", "https://digest.example.org:0", "and nothing else"),
        ("SITE_URL", "https://digest.example.org:", "and nothing else"),
        ("SITE_URL", "https://:8000", "and nothing else"),
        ("SITE_URL", "https://digest .example.org", "and nothing else"),
        ("SITE_URL", "https://dig\test.example.org", "and nothing else"),
        ("SITE_URL", "https:\\\\digest.example.org", "and nothing else"),
        ("SITE_URL", "https://bücher.example", "use the host’s ASCII form, here xn--bcher-kva.example"),
        ("SENDGRID_HOST", "https://api.sendgrid.com/v3", "and nothing else"),
        ("SITE_NAME", "Privacy\u2028Digest", "use one line"),
        ("SITE_NAME", "Privacy \u202eDigest", "nothing invisible"),
        ("SITE_NAME", "Privacy\u2800Digest", "nothing invisible"),
        ("SITE_NAME", "P" * 81, "use at most 80 characters"),
        ("POSTAL_ADDRESS", "1 Street\x1b[2J", "use one line"),
        ("MAIL_FROM", "Privacy Digest <digest@example.org>", "use the address alone"),
        ("MAIL_FROM", "=?utf-8?q?a?=@example.org", "use the address alone"),
        ("SEND_CONCURRENCY", "9999", "1 or more, at most 15"),
        ("DIGEST_MINIMUM_ITEMS", "-1", "1 or more, at most 100"),
        ("DIGEST_MINIMUM_ITEMS", "101", "1 or more, at most 100"),
        ("DIGEST_MINIMUM_ITEMS", "9" * 20, "1 or more, at most 100"),
        ("TRUSTED_PROXIES", "11", "0 or more, at most 10"),
        ("ALERT_URL", "https:///hook", "use an http or https address, or leave it out"),
        ("ALERT_URL", "https://hooks.example.org:0/", "use an http or https address, or leave it out"),
        ("ALERT_URL", "https://hooks.example.org/a b", "use an http or https address, or leave it out"),
        ("HEARTBEAT_URL", "https://op:pw@hooks.example.org/", "without a name and password"),
        ("FEED_INTERVAL", "0", "1 or more, at most 1440"),
        ("RETENTION_LEADS", "7", "14 or more, at most 3650"),
        ("FEED_INTERVAL", "1h", "use a whole number"),
        ("FEED_NETWORKS", "10.20.1.1/16", "no network; use for example 10.20.0.0/16"),
        ("FEED_NETWORKS", "10.20.0.0/16, intranet", "“intranet” is no network"),
        ("FEED_NETWORKS", "::/0", "the whole internet"),
    ],
)
def test_bad_value_names_itself_and_the_remedy(name: str, value: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as refused:
        load({name: value}, tmp_path)
    assert str(refused.value).startswith(f"{name}={value}: ")
    assert remedy in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("SECRET_KEY", "planted", "at least 16 random characters"),
        ("SUPPRESSION_KEY", "planted", "at least 16 random characters"),
        ("SENDGRID_API_KEY", "SG.\x07planted", "copy it again"),
        ("SENDGRID_WEBHOOK_KEY", "SG.planted", "copy the verification key of SendGrid’s Event Webhook again"),
        ("SENDGRID_WEBHOOK_KEY", "cGxhbnRlZA==", "not a public key in base64; copy"),
        ("SENDGRID_WEBHOOK_KEY", ON_ANOTHER_CURVE, "not a key on the curve P-256; copy"),
        ("DATABASE_URL", "postgresql://digest:planted@host/digest", "use sqlite:///path/to/digest.db or"),
        ("DATABASE_URL", "mysql://digest:planted@host/digest", "use sqlite:///path/to/digest.db or"),
        ("DATABASE_URL", "sqlite:///:memory:", "use a file"),
        ("DATABASE_URL", "sqlite:///", "use a file"),
        ("FEED_PROXY", "socks5://planted@proxy.example.org:1080", "use an address such as http://"),
        ("FEED_PROXY", "http://op:planted@proxy.example.org:3128/path", "use an address such as http://"),
        ("FEED_PROXY", "planted", "use an address such as http://"),
    ],
)
def test_bad_secret_is_named_and_never_shown(name: str, value: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as refused:
        load({name: value}, tmp_path)
    assert str(refused.value).startswith(f"{name}: ")
    assert remedy in str(refused.value)
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(
    ("day", "at", "cutoff"),
    [("fri", "08:00", "mon 08:00"), ("mon", "09:00", "fri 16:00"), ("fri", "08:01", "fri 08:00")],
)
def test_a_cutoff_may_come_four_days_before_the_send(day: str, at: str, cutoff: str, tmp_path: Path) -> None:
    assert load({"DIGEST_DAY": day, "DIGEST_TIME": at, "DIGEST_CUTOFF": cutoff}, tmp_path)


def test_a_cutoff_is_looked_at_when_only_the_day_of_sending_is_changed(tmp_path: Path) -> None:
    with pytest.raises(
        BadSetting, match=r"^DIGEST_CUTOFF=thu 16:00: the issue goes on tue 08:00, and would close 4 days"
    ):
        load({"DIGEST_DAY": "tue"}, tmp_path)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("MAIL_FORM", "MAIL_FROM"),
        ("DIGEST_TIMEZON", "DIGEST_TIMEZONE"),
        ("SENDGRID_APIKEY", "SENDGRID_API_KEY"),
        ("SENDGRID_KEY", "SENDGRID_API_KEY"),
        ("SEND_CONCURENCY", "SEND_CONCURRENCY"),
        ("site_url", "SITE_URL"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("DIGEST_XYZ", None),
    ],
)
@pytest.mark.parametrize("in_file", [True, False])
def test_a_name_that_looks_like_a_setting_is_refused(
    name: str, near: str | None, in_file: bool, tmp_path: Path
) -> None:
    if in_file:
        (tmp_path / ".env").write_text(f"{name}=x\n")
    where = f" (in {tmp_path}/.env)" if in_file else ""
    with pytest.raises(BadSetting) as refused:
        load({} if in_file else {name: "x"}, tmp_path)
    assert str(refused.value).startswith(f"{name}{where}: there is no such setting; ")
    assert near is None or str(refused.value).endswith(f"did you mean {near}")


OTHERS = ["MAIL", "MAILCHECK", "MAILTO", "MAIL_SERVER", "SITE_PACKAGES", "SECRET_KEY_BASE", "SENDGRID_USERNAME",
          "BACKUP_HOST", "INSTANCE_ID", "FLASK_ENV", "PGPASSWORD",
          # of a service called “digest”, by Kubernetes and by Docker's links
          "DIGEST_SERVICE_HOST", "DIGEST_SERVICE_PORT", "DIGEST_SERVICE_PORT_HTTP", "DIGEST_PORT",
          "DIGEST_PORT_8000_TCP", "DIGEST_PORT_8000_TCP_ADDR", "SENDGRID_PORT_443_TCP_PROTO"]  # fmt: skip


def test_names_of_other_programs_may_be_in_the_environment_and_not_in_the_file(tmp_path: Path) -> None:
    assert load(dict.fromkeys(OTHERS, "x"), tmp_path)
    for name in OTHERS:
        (tmp_path / ".env").write_text(f"{name}=x\n")
        with pytest.raises(BadSetting, match=f"^{name} "):
            load({}, tmp_path)


def test_every_documented_setting_is_known_and_every_known_one_documented(tmp_path: Path) -> None:
    documents = Path(__file__).parents[1]
    offered = re.findall(r"^#([A-Z_]+)=", (documents / ".env.example").read_text(), re.MULTILINE)
    settings = (documents / "docs" / "running.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    rows = [row.partition("|")[0] for row in re.findall(r"^\|(.*)$", settings, re.MULTILINE)]
    listed = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert set(offered) == listed == KNOWN
    (tmp_path / ".env").write_text("".join(f"{name}=\n" for name in KNOWN))
    assert load({}, tmp_path)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"SITE_NAME=Privacy\nMAIL_FROM digest@example.org\n", r"\.env, line 2: this is no NAME=value"),
        (b"SITE_NAME\n", r"\.env, line 1: this is no NAME=value"),
        (b"SITE_NAME=B\xfccher\n", r"\.env: it is not UTF-8"),
    ],
)
def test_a_file_of_settings_that_cannot_be_understood_is_said(content: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(BadSetting, match=fault):
        load({}, tmp_path)


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfSITE_NAME=Privacy\n")
    assert load({}, tmp_path).site_name == "Privacy"


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    for path in ("taken", "taken/digest"):
        with pytest.raises(BadSetting, match=rf"^INSTANCE_PATH={path}: {tmp_path}/taken is a file; name a folder"):
            load({"INSTANCE_PATH": path}, tmp_path)


def test_the_two_keys_must_differ(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"^SECRET_KEY: .*SECRET_KEY_FALLBACKS") as refused:
        load({"SECRET_KEY": "planted" * 4, "SUPPRESSION_KEY": "planted" * 4}, tmp_path)
    assert "planted" not in str(refused.value)


def test_a_key_file_cut_short_is_no_key(tmp_path: Path) -> None:
    load({}, tmp_path)
    (tmp_path / "instance" / "secret_key").write_text("")
    with pytest.raises(BadSetting, match=r"^SECRET_KEY: the file .* is damaged"):
        load({}, tmp_path)


@pytest.mark.parametrize("missing", ["MAIL_FROM", "POSTAL_ADDRESS", "SENDGRID_API_KEY"])
def test_sendgrid_needs_a_sender_and_a_key(missing: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=f"^{missing}: MAIL_TRANSPORT=sendgrid needs it"):
        load(SENDGRID | {missing: ""}, tmp_path)
    assert load(SENDGRID, tmp_path).mail_transport == "sendgrid"


@pytest.mark.parametrize("missing", ["SECRET_KEY", "SUPPRESSION_KEY"])
def test_postgresql_needs_both_keys(missing: str, tmp_path: Path) -> None:
    on_postgresql = KEYS | {"DATABASE_URL": "postgresql+psycopg://digest@db/digest"}
    with pytest.raises(BadSetting, match=f"^{missing}: on PostgreSQL set it yourself"):
        load(on_postgresql | {missing: ""}, tmp_path)
    assert load(on_postgresql, tmp_path).database_url == "postgresql+psycopg://digest@db/digest"


@pytest.mark.parametrize("host", ["http://127.0.0.1:9999", "http://localhost:9999", "http://[::1]:9999/"])
def test_plain_http_may_go_to_this_machine(host: str, tmp_path: Path) -> None:
    assert load({"SENDGRID_HOST": host}, tmp_path).sendgrid_host == host.rstrip("/")


def test_environment_beats_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SITE_NAME=From the file\nSITE_URL=https://file.example.org\n")
    settings = load({"SITE_NAME": "From the environment"}, tmp_path)
    assert settings.site_name == "From the environment"
    assert settings.site_url == "https://file.example.org"


def test_process_environment_is_read_where_none_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_NAME", "Of this process")
    assert load(root=tmp_path).site_name == "Of this process"


def test_relative_paths_resolve_against_the_root(tmp_path: Path) -> None:
    settings = load({"INSTANCE_PATH": "data", "DATABASE_URL": "sqlite:///elsewhere/d.db"}, tmp_path)
    assert settings.instance_path == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path}/elsewhere/d.db"


def test_absolute_paths_stay(tmp_path: Path) -> None:
    values = {"INSTANCE_PATH": f"{tmp_path}/a", "DATABASE_URL": f"sqlite:///{tmp_path}/b/d.db"}
    settings = load(values, tmp_path / "root")
    assert settings.instance_path == tmp_path / "a"
    assert settings.database_url == f"sqlite:///{tmp_path}/b/d.db"


def test_keys_are_made_once_and_kept_to_their_owner(tmp_path: Path) -> None:
    first, second = load({}, tmp_path), load({}, tmp_path)
    assert first.signing_keys == second.signing_keys
    assert first.suppression_key == second.suppression_key
    assert first.secret_key != first.suppression_key
    assert len(first.secret_key) == 64
    kept = sorted((tmp_path / "instance").iterdir())
    assert [path.name for path in kept] == ["secret_key", "suppression_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_given_keys_are_used_and_none_is_written(tmp_path: Path) -> None:
    settings = load(KEYS | {"SECRET_KEY_FALLBACKS": "older-key, oldest-key"}, tmp_path)
    assert settings.signing_keys == ("k" * 32, "older-key", "oldest-key")
    assert not (tmp_path / "instance" / "secret_key").exists()


PLANTED_KEY = "whsec_" + "planted0" * 5


@pytest.mark.parametrize(
    ("key", "remedy"), [("", "EVENTS_URL needs it"), ("c2hvcnQ=", "it has 5 bytes"), ("?", "base64")]
)
def test_events_need_a_key_that_is_one(key: str, remedy: str, tmp_path: Path) -> None:
    values = {"EVENTS_URL": "https://hooks.example.org/", "EVENTS_KEY": key}
    with pytest.raises(BadSetting, match=f"EVENTS_KEY.*{remedy}.*openssl rand"):
        load(values, tmp_path)


def test_printed_settings_show_no_secret(tmp_path: Path) -> None:
    values = SENDGRID | {
        "SECRET_KEY": "planted-secret-key-16",
        "SECRET_KEY_FALLBACKS": "planted-fallback",
        "SUPPRESSION_KEY": "planted-suppression-key",
        "DATABASE_URL": "postgresql+psycopg://digest:planted-password@db/digest",
        "ALERT_URL": "https://hooks.example.org/planted-token",
        "EVENTS_URL": "https://hooks.example.org/planted-token",
        "EVENTS_KEY": PLANTED_KEY,
    }
    assert "planted" not in f"{load(values, tmp_path)!r} {load(values, tmp_path)}"
