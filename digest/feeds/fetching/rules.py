"""The fetcher's rules out of the settings."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from digest.config import Settings
from digest.feeds.fetching.fetcher import FetchRules


def fetch_rules(settings: Settings) -> FetchRules:
    """What FEED_NETWORKS and FEED_PROXY allow, and a User-Agent that says who asks and where a publisher reads more."""
    return FetchRules(settings.feed_networks, settings.feed_proxy, user_agent(settings.site_url))


def user_agent(site_url: str) -> str:
    """As in `Digest/0.1.0 (+https://digest.example.org/about/feeds)`."""
    return f"Digest/{_version()} (+{site_url}/about/feeds)"


def _version() -> str:
    try:
        return version("digest")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"
