"""Canonical addresses: one form for all the addresses that lead to the same page.

It is for comparing, never shown or fetched: some sites don't answer at it. What may tell two pages apart stays: paths
keep their case, a query keeps whatever is not known to be for tracking.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

import idna

_TRACKING = re.compile(
    r"utm_\w+|u?at_(?:medium|campaign|custom\d|link_\w+|ptr_\w+|bbc_team|format)|ga_\w+|hsa_\w+|mc_(?:cid|eid)|mkt_tok"
    r"|(?:ns|pk|piwik|matomo|mtm|oly|vero|hmb|rb|soc|guce|itm|wt)_\w+|_?hs(?:enc|mi|_\w+)|__hs\w+|__s|s_cid|xtor|trk\w*"
    r"|(?:fb|g|dc|y|ms|tt|tw|li_fat_|wicked|epik|irg?)clid|g?[wg]?braid|gclsrc|twclid|yclid|igsh(?:id)?|_ga|_gl|ncid|icid"
    r"|cmpid|cmp|mbid|smid|smtyp|ocid|sref|srnd|srsltid|ref_(?:src|url)|__twitter_impression|guccounter|hss_channel"
    r"|cn-reloaded|ved|usg|usqp|amp_(?:js_v|gsa|ct)|spm|ftag|partner_id|wtrid|sharetype|s_kwcid|ef_id|rss_?id|feed_?id"
    r"|share(?:_?id|_?token)?|unlocked_article_code|ito",
    re.IGNORECASE,
)
_ARRIVED_BY = {"ref", "source", "src", "via", "from", "cid", "campaign", "feature", "medium", "origin", "referrer"}
_CHANNELS = re.compile(
    r"(?:\w+[_-])?(?:rss|atom|feed|feedburner|twitter|x|facebook|fb|linkedin|mastodon|bluesky|threads|reddit|whatsapp"
    r"|telegram|social|share|email|e-?mail|mail|newsletters?|nl|home|homepage|hp|push|app|google|googlenews|flipboard"
    r"|pocket|apple-?news|youtu\.be|emailshare|dlvr\.it)(?:[_-]?\d+|[_-]\w+)?",
    re.IGNORECASE,
)
_AMP_QUERY = {("amp", ""), ("amp", "1"), ("amp", "true"), ("_amp", "true"), ("outputtype", "amp"), ("output", "amp")}
_AMP_ENDING = re.compile(r"(?:/amp|\.amp(?:\.html?)?|/amp\.html?|/\?amp)$", re.IGNORECASE)
_AMP_CACHE = re.compile(r"/(?:amp/|[cv]/|wp/)(s/)?(?P<rest>[^/]+\..*)", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_WRAPPERS = (
    (re.compile(r"google\.[a-z.]{2,6}$"), "/url", ("q", "url")),
    (re.compile(r"lm?\.(?:facebook|instagram)\.com$"), "/", ("u",)),
    (re.compile(r".*\.safelinks\.protection\.outlook\.com$"), "/", ("url",)),
    (re.compile(r"linkedin\.com$"), "/redir/", ("url",)),
    (re.compile(r"out\.reddit\.com$|slack-redir\.net$|vk\.com$"), "/", ("url", "to")),
    (re.compile(r"t\.umblr\.com$"), "/redirect", ("z",)),
    (re.compile(r"bing\.com$"), "/news/apiclick", ("url",)),
    (re.compile(r"duckduckgo\.com$"), "/l/", ("uddg",)),
    (re.compile(r"youtube\.com$"), "/redirect", ("q",)),
)
"""Pages that only send one on, and the part of their query that says where."""
_MOST_WRAPPERS = 3
_LONGEST_NOISE = 64
"""What is longer is no channel's name, and would take the patterns long to say so."""
_UNRESERVED = re.compile(r"%([0-9A-Fa-f]{2})")
_KEPT = "%/:@!$&'()*+,;=-._~"


@lru_cache(maxsize=2_000)  # one document's addresses are asked for again and again
def canonical(url: str) -> str:
    """The canonical form of an address, without its scheme, as in `example.org/news?id=1`; empty if it is none.

    Equal are http and https, www or not, a default port, a slash at the end, mobile hosts and AMP's ways of writing
    (https://amp.dev/documentation/guides-and-tutorials/learn/amp-caches-and-cors/amp-cache-urls/), the order of a
    query, parameters for tracking. A known page that only redirects stands for its target.
    """
    parts = _split(url)
    for _ in range(_MOST_WRAPPERS):
        target = _split(_wrapped(parts)) if parts else None
        if target is None:
            break
        parts = target
    return _joined(parts) if parts else ""


def canonical_hash(url: str) -> str:
    """The canonical form as 64 hexadecimal digits, to be stored and compared; empty if it is no web address."""
    form = canonical(url)
    return blake2b(form.encode(), digest_size=32).hexdigest() if form else ""


def untracked(url: str) -> str:
    """The address as it is, without those parts of its query that are for tracking or hold somebody's email address."""
    parts = _split(url)
    if parts is None or not parts.query:
        return url
    kept = [piece for piece in parts.query.split("&") if not _is_personal(piece)]
    return parts._replace(query="&".join(kept)).geturl()


def is_home_page(url: str) -> bool:
    """Whether the address is a site's first page: entries that link there have no address of their own."""
    form = canonical(url)
    return bool(form) and "/" not in form and "?" not in form and "#" not in form


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme.lower() in _PORTS and parts.hostname else None


def _wrapped(parts: SplitResult) -> str:
    host = _host(parts)
    if host.endswith("cdn.ampproject.org") or (host.startswith("google.") and parts.path.startswith("/amp/")):
        found = _AMP_CACHE.match(parts.path)
        query = f"?{parts.query}" if parts.query else ""
        return f"https://{found['rest']}{query}" if found else ""
    for pattern, path, names in _WRAPPERS:
        if pattern.match(host) and parts.path.startswith(path):
            asked = dict(parse_qsl(parts.query))
            return next((asked[name] for name in names if asked.get(name, "").startswith(("http://", "https://"))), "")
    return ""


def _joined(parts: SplitResult) -> str:
    host, port = _host(parts), parts.port
    if port and port != _PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    query = _query(parts.query)
    route = parts.fragment if parts.fragment.startswith(("!", "/")) else ""  # pages that are programs keep theirs there
    return host + _path(parts.path) + (f"?{query}" if query else "") + (f"#{route}" if route else "")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        with suppress(idna.IDNAError):
            host = idna.encode(host, uts46=True).decode()
    labels = host.split(".")
    while len(labels) > 2 and labels[0] in ("www", "m", "mobile", "amp"):
        labels = labels[1:]
    if labels[-2:] in (["wikipedia", "org"], ["wikimedia", "org"]):
        labels = [label for label in labels if label != "m"]
    return ".".join(labels)


def _path(path: str) -> str:
    plain = _UNRESERVED.sub(_decoded, quote(path, safe=_KEPT)).rstrip("/")
    plain = _INDEX.sub("", _AMP_ENDING.sub("", plain)).rstrip("/")
    return plain.removeprefix("/amp") if plain.startswith("/amp/") else plain


def _decoded(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    plain = character.isascii() and (character.isalnum() or character in "-._~")
    return character if plain else found[0].upper()


def _query(query: str) -> str:
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _is_noise(name, value)]
    return urlencode(sorted(kept))


def _is_personal(piece: str) -> bool:
    said = parse_qsl(piece, keep_blank_values=True)
    return any(_is_noise(name, value) or "@" in value for name, value in said)


def _is_noise(name: str, value: str) -> bool:
    if len(name) > _LONGEST_NOISE:
        return False
    if (name.lower(), value.lower()) in _AMP_QUERY or _TRACKING.fullmatch(name):
        return True
    return name.lower() in _ARRIVED_BY and len(value) <= _LONGEST_NOISE and bool(_CHANNELS.fullmatch(value))
