"""A summary for machines that read pages: schema.org’s NewsArticle as JSON-LD.

It stands in a script element that is data and never runs, so the policy that forbids inline scripts does not touch it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime

from markupsafe import Markup
from werkzeug.urls import iri_to_uri

from digest.config import Settings
from digest.domain.issues.edition import plain
from digest.domain.shared.iris import as_uri
from digest.domain.shared.urls import is_safe
from digest.operations.shared.links import summary_url
from digest.storage.writing.revisions import Revision
from digest.storage.writing.summaries import Summary

_LONGEST_HEADLINE = 110
"""Characters that search engines take of a headline."""
_IN_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""What would end the element, or mean something to an HTML parser, as JSON may write it too."""


def news_article(
    site: Settings, summary: Summary, published: date | datetime, corrections: Sequence[Revision]
) -> Markup:
    """The element for a page's head."""
    address = iri_to_uri(summary_url(site, summary.publication.slug, summary.slug, summary.id))
    publisher = {"@type": "Organization", "name": site.site_name, "url": f"{site.site_url}/"}
    article: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": address,
        "url": address,
        "headline": _short(summary.title),
        "description": _short(plain(summary.body_html), 300),
        "image": [f"{address}.png"],
        "datePublished": published.isoformat(),
        "dateModified": max(summary.updated_at.isoformat(), published.isoformat()),
        "inLanguage": site.branding.language,
        "isAccessibleForFree": True,
        "author": publisher,
        "publisher": publisher,
        "keywords": [topic.name for topic in summary.topics],
        "isBasedOn": [as_uri(link.url) for link in summary.sources if is_safe(link.url)],
    }
    if corrections:
        article["correction"] = [
            {"@type": "CorrectionComment", "text": each.note, "datePublished": each.at.isoformat()}
            for each in corrections
        ]
    packed = json.dumps({key: value for key, value in article.items() if value != []}, ensure_ascii=False)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(packed.translate(_IN_HTML)))  # noqa: S704


def _short(text: str, longest: int = _LONGEST_HEADLINE) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else words[: longest - 1].rpartition(" ")[0].rstrip(",;:–") + "…"
