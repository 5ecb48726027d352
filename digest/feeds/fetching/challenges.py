"""Whether an answer is a robots' challenge instead of what was asked for.

A wall between a publisher and everyone is no failure of the publisher's: it is its own state, and never “dead”. The
signs are those of the services that run such walls, as their documentation and their pages show them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_ANY = frozenset(range(200, 600))
_BARRED = frozenset((401, 403, 405, 406, 409, 428, 429, 468, 503))
_READ = 40_000
"""A challenge is a short page: what stands further down is an article about one."""

_HEADERS = (
    ("cf-mitigated", re.compile("challenge"), _ANY),  # Cloudflare
    ("x-amzn-waf-action", re.compile("challenge|captcha"), _ANY),  # AWS WAF
    ("x-vercel-mitigated", re.compile("challenge|deny"), _ANY),  # Vercel
    ("x-datadome", re.compile(""), _BARRED),
    ("x-dd-b", re.compile(""), _BARRED),
    ("x-kpsdk-ct", re.compile(""), _BARRED),  # Kasada
    ("x-px-block", re.compile(""), _BARRED),  # HUMAN, formerly PerimeterX
    ("x-sucuri-block", re.compile(""), _BARRED),
    ("server", re.compile("ddos-guard", re.IGNORECASE), _BARRED),
)

_BARRING_PAGES = re.compile(
    rb"""/cdn-cgi/challenge-platform/ | cf-browser-verification | cf_chl_opt | Attention\ Required!\ \|\ Cloudflare
    | errors\.edgesuite\.net | sec-if-cpt-container | _abck
    | captcha-delivery\.com | geo\.captcha
    | awsWafCookieDomainList | token\.awswaf\.com
    | _Incapsula_Resource | Incapsula\ incident | Imperva
    | px-captcha | perimeterx | human-challenge
    | Sucuri\ WebSite\ Firewall | ddos-guard
    | anubis_challenge | Making\ sure\ you(?:&\#39;|'|\xe2\x80\x99)re\ not\ a\ bot
    | g-recaptcha | h-captcha | cf-turnstile | friendlycaptcha
    | (?:are|you're|you\ are)\ (?:not\ )?a\ (?:robot|human)""",
    re.IGNORECASE | re.VERBOSE,
)
"""On a page that says no, any of these shows who says it."""

_PASSING_PAGES = re.compile(
    rb"""<title>\s*(?:Just\ a\ moment\.\.\. | Un\ momento\.\.\. | Client\ Challenge | Human\ Verification
        | (?:Vercel\ )?Security\ Checkpoint | DDoS-Guard | Making\ sure\ you(?:&\#39;|'|\xe2\x80\x99)re\ not\ a\ bot!?
        | Checking\ your\ browser[^<]{0,60}
        | Bot\ Verification | Pardon\ Our\ Interruption | Radware\ [^<]{0,40})\s*</title>
    | <iframe[^>]{0,200}/_Incapsula_Resource | <script[^>]{0,200}captcha-delivery\.com | sec-if-cpt-container
    | id="anubis_challenge" | window\.gokuProps | sucuri_cloudproxy_js""",
    re.IGNORECASE | re.VERBOSE,
)
"""On a page that claims to be what was asked for, only what no article has on it."""


def is_challenge(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a wall against robots answered. `headers` by lower-case name."""
    for name, sign, statuses in _HEADERS:
        if status in statuses and name in headers and sign.search(headers[name]):
            return True
    if not _may_be_a_page(headers, body):
        return False
    beginning = body[:_READ]
    return bool(_PASSING_PAGES.search(beginning) or (status in _BARRED and _BARRING_PAGES.search(beginning)))


def _may_be_a_page(headers: Mapping[str, str], body: bytes) -> bool:
    kind = headers.get("content-type", "")
    return "html" in kind or (not kind and b"<html" in body[:2_000].lower())
