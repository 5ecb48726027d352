"""Which addresses somebody between has rewritten to see who follows them, and which are pages of theirs."""

from __future__ import annotations

import pytest

from digest.domain.issues.trackers import is_rewritten


@pytest.mark.parametrize(
    "url",
    [
        "https://press.us1.list-manage.com/track/click?u=1&id=2",
        "HTTPS://WWW.GOOGLE.COM/url?q=1",
        "https://www.google.com:443/url?q=1",
        "https://www.google.com./url?q=1",
        "https://user@www.google.co.uk//url?q=1",
        "https://nl.safelinks.protection.outlook.com?url=x",
        "https://nam02.safelinks.protection.outlook.com/ap/w-59",
        "https://urldefense.us/v3/__https://example.org",
        "https://www.linkedin.com/redir/redirect?url=x",
        "https://substack.com/redirect/abc",
        "https://edpb.cmail20.com/t/d-l-abc/",
        "https://protect-eu.mimecast.com/s/abc",
        "https://email.mg.example.org/c/eJxabc",
        "https://links.example.org/ls/click?upn=abc",
    ],
)
def test_a_way_through_a_tracker(url: str) -> None:
    assert is_rewritten(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/about",
        "https://press.createsend.com/t/ViewEmail/d/ABC/",
        "https://edpb.cmail20.com/t/d-e-abc",
        "https://www.createsend.com/",
        "https://www.hubspotlinks.com/",
        "https://protect.mimecast.com/",
        "https://email.mg.gov.br/c/",
        "https://open.substack.com/pub/x",
        "https://[broken/url?q=1",
        "mailto:editor@www.google.com",
    ],
)
def test_a_page_of_theirs_is_a_page(url: str) -> None:
    assert not is_rewritten(url)
