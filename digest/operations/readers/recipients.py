"""Who gets readers' data beside us, where, and by which safeguard: what the privacy page says, told by the settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from digest.config import Settings
from digest.config.catalogues import noted as _
from digest.config.catalogues import speaking

EU_HOST = "api.eu.sendgrid.com"
"""Of SendGrid's region in the European Union; every other host of SendGrid's is in the United States."""

_WHAT = _(
    "Your address and each message to you, never your name, to hand it to your mailbox; it tells us whether your mail "
    "server took it. All of its tracking is switched off in every message. An erasure is passed on to it"
)
_US = _(
    "The United States, a third country. By Art. 45 GDPR, the adequacy decision on the EU–U.S. Data Privacy Framework "
    "(for the United Kingdom its extension), as far as Twilio Inc. is certified under it; and by Art. 46(2)(c), the "
    "standard contractual clauses in Twilio’s data protection addendum"
)
_EU = _(
    "The European Union, by SendGrid’s region there. Twilio Inc. in the United States may reach it for support: by "
    "Art. 45 and 46(2)(c) GDPR, the EU–U.S. Data Privacy Framework as far as Twilio Inc. is certified under it, and "
    "the standard contractual clauses in Twilio’s data protection addendum"
)


_OWN_SERVICE = _("A service that we run or have chosen (%(host)s)")
_TOLD_OF_COMINGS = _("Your address, and that you asked for the digest, confirmed it or left it, with the moment")
_WHERE_THAT_IS = _("Where that service is; ask us for its place, and for the safeguard if it is in a third country")


class Carrier(StrEnum):
    """Who carries our messages, as an erasure has to reach them."""

    SENDGRID = "sendgrid"
    REHEARSAL = "rehearsal"
    """SendGrid, with every message to one address (MAIL_REDIRECT_ALL): it erases nobody until that is over."""
    OUTBOX = "outbox"


def carrier_of(settings: Settings) -> Carrier:
    """Who carries messages, as this installation is set."""
    if settings.mail_transport != "sendgrid":
        return Carrier.OUTBOX
    return Carrier.REHEARSAL if settings.mail_redirect_all else Carrier.SENDGRID


@dataclass(frozen=True)
class Processor:
    """Who processes what for us, and where, with the safeguard of a transfer to a third country."""

    name: str
    what: str
    where: str


def processors(settings: Settings) -> list[Processor]:
    """Everybody whom this installation, as it is set, hands readers' data."""
    found = [_sendgrid(settings)] if settings.mail_transport == "sendgrid" else []
    return [*found, _own_service(settings)] if settings.events_url and settings.events_with_address else found


def _sendgrid(settings: Settings) -> Processor:
    said = speaking(settings.branding.language).gettext
    host = urlsplit(settings.sendgrid_host).hostname or ""
    return Processor(f"Twilio SendGrid ({host})", said(_WHAT), said(_EU if host == EU_HOST else _US))


def _own_service(settings: Settings) -> Processor:
    said = speaking(settings.branding.language).gettext
    host = urlsplit(settings.events_url).hostname
    return Processor(said(_OWN_SERVICE, host=host), said(_TOLD_OF_COMINGS), said(_WHERE_THAT_IS))
