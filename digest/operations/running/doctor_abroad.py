"""What the doctor asks of others: the sender's domain, SendGrid's account, and the site as readers reach it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from dns.resolver import NoResolverConfiguration, Resolver

from digest.domain.running.findings import Finding, broken, doubtful, fine
from digest.mail.monitors import SiteSeen, SiteSilent, look_at_site
from digest.mail.sender_domain import DomainRecords, NameServerSilent, records_of
from digest.mail.sendgrid.account_checks import AccountSeen, AccountSilent, look_at_account
from digest.operations.shared.context import Context

_CLOCK_MAY_BE_OFF = 30.0
_DOMAIN, _KEY, _TRACKING, _SENDER, _SITE = (
    "sender’s domain",
    "SendGrid’s key",
    "trackers",
    "sender",
    "site from outside",
)


@dataclass(frozen=True)
class AccountCheck:
    """The installation whose account is looked at, and for how many seconds."""

    context: Context
    seconds: float


def domain_findings(context: Context, seconds: float, resolver: Resolver | None = None) -> Iterator[Finding]:
    """SPF, DKIM and DMARC of the domain of MAIL_FROM; nothing to ask where nothing is sent."""
    if context.settings.mail_transport != "sendgrid":
        yield fine(_DOMAIN, "Not needed: messages go into the outbox folder.")
        return
    domain = context.settings.mail_from.rpartition("@")[2].lower()
    try:
        found = records_of(domain, resolver or Resolver(), seconds)
    except (NameServerSilent, NoResolverConfiguration) as error:
        yield doubtful(_DOMAIN, f"The name servers did not tell of {domain}: {error}.", "See this machine’s resolver.")
        return
    faults = list(_faults(domain, found))
    yield from faults or [fine(_DOMAIN, f"{domain} has SPF, DKIM and DMARC ({found.dmarc}).")]


def _faults(domain: str, found: DomainRecords) -> Iterator[Finding]:
    if not found.dkim:
        yield broken(
            "DKIM",
            f"{domain} has no key at s1._domainkey or s2._domainkey: Outlook.com refuses, and Gmail may.",
            "In SendGrid, authenticate the domain, and add the CNAME records that it shows to your DNS.",
        )
    if not found.dmarc:
        yield broken(
            "DMARC",
            f"{domain} has no DMARC policy: Outlook.com refuses, and Gmail and Yahoo may.",
            f"Add a TXT record at _dmarc.{domain}, to begin with: v=DMARC1; p=none; rua=mailto:you@{domain}",
        )
    if not found.spf:
        yield doubtful(
            "SPF",
            f"{domain} has no SPF record.",
            f"Add a TXT record at {domain}, for example: v=spf1 include:sendgrid.net ~all",
        )


def look_at_sendgrid(check: AccountCheck) -> list[Finding]:
    """The key, the trackers, the sender and the time, as SendGrid tells; nothing is sent."""
    settings = check.context.settings
    if settings.mail_transport != "sendgrid":
        return [fine(_KEY, "Not needed: messages go into the outbox folder.")]
    try:
        seen = look_at_account(settings.sendgrid_api_key, settings.sendgrid_host, check.context.now, check.seconds)
    except AccountSilent as error:
        return [broken(_KEY, f"SendGrid did not answer: {error}.", "See this machine’s network, and SENDGRID_HOST.")]
    found = [_key(seen)]
    if not found[0].remedy:
        found += [_trackers(seen), _sender(seen, settings.mail_from)]
    return found + list(_time(seen))


def _key(seen: AccountSeen) -> Finding:
    if seen.scopes_status == 401:
        return broken(_KEY, "SendGrid does not know the key.", "Make another at SendGrid, and set SENDGRID_API_KEY.")
    if seen.scopes_status != 200:
        return doubtful(
            _KEY, f"SendGrid answered {seen.scopes_status}.", "Look at SendGrid’s status page, and again later."
        )
    if "mail.send" not in seen.scopes:
        return broken(_KEY, "The key may not send mail.", "At SendGrid, give it “Mail Send”.")
    if "suppression.read" not in seen.scopes:
        return doubtful(
            _KEY,
            "The key may send, but not read suppressions: bounces that the webhook missed stay unknown.",
            "At SendGrid, give it “Suppressions” to read.",
        )
    return fine(_KEY, "It may send mail and read suppressions.")


def _trackers(seen: AccountSeen) -> Finding:
    if seen.trackers is None:
        return fine(_TRACKING, "Not seen with this key; each request switches all of them off.")
    if seen.trackers:
        return doubtful(
            _TRACKING,
            f"On in the account: {', '.join(seen.trackers)}. Each request switches them off, but nothing else would.",
            "At SendGrid, under Settings, Tracking, turn them off.",
        )
    return fine(_TRACKING, "All are off.")


def _sender(seen: AccountSeen, sender: str) -> Finding:
    if seen.senders is None:
        return fine(_SENDER, f"Whether {sender} is verified is not seen with this key.")
    domain = sender.lower().rpartition("@")[2]
    if sender.lower() in seen.senders or any(domain == each or domain.endswith(f".{each}") for each in seen.senders):
        return fine(_SENDER, f"{sender} is verified.")
    return broken(
        _SENDER,
        f"{sender} is not among the verified senders and domains.",
        "At SendGrid, under Settings, Sender Authentication, verify it or authenticate its domain.",
    )


def _time(seen: AccountSeen) -> Iterator[Finding]:
    if seen.seconds_off is not None and abs(seen.seconds_off) > _CLOCK_MAY_BE_OFF:
        way = "ahead of" if seen.seconds_off > 0 else "behind"
        yield broken(
            "time abroad",
            f"This machine’s clock is {abs(seen.seconds_off):,.0f} seconds {way} SendGrid’s.",
            "Set it by NTP, for example with systemd-timesyncd.",
        )


def site_findings(context: Context, seconds: float) -> Iterator[Finding]:
    """The site at SITE_URL, as somebody else reaches it: that it answers, is this one, and keeps to https."""
    url = context.settings.site_url
    try:
        seen = look_at_site(url, seconds)
    except SiteSilent as error:
        yield broken(_SITE, f"{url} does not answer: {error}.", "Start the site, and see its proxy and DNS.")
        return
    faults = list(_faults_of_site(url, seen))
    yield from faults or [fine(_SITE, f"{url} answers, and is this site.")]


def _faults_of_site(url: str, seen: SiteSeen) -> Iterator[Finding]:
    if seen.redirected_to:
        yield broken(
            _SITE,
            f"{url} redirects to {seen.redirected_to}: one-click leaving does not follow it.",
            "Set SITE_URL to the address that answers itself.",
        )
    elif not seen.is_digest:
        yield broken(
            _SITE,
            f"What answers at {url} is not Digest (status {seen.status}).",
            "See that the proxy passes requests on to `digest serve`, with the Host that readers ask for.",
        )
    elif urlsplit(url).scheme == "https" and not seen.has_hsts:
        yield doubtful(
            _SITE,
            "The answer has no Strict-Transport-Security: somebody on the way can make readers use plain http.",
            "Let the proxy say X-Forwarded-Proto, and set TRUSTED_PROXIES; the site then says it itself.",
        )
