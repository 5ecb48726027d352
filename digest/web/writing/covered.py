"""What we have had already, beside the form: asserted where a summary links the same article, else only likely."""

from __future__ import annotations

from collections.abc import Iterable

from flask import render_template, request

from digest.domain.sources.canonical import canonical_hash
from digest.operations.archive.covering import Archive
from digest.storage.archive.search_index import linking_summaries
from digest.storage.writing.summaries import Summary, summary_by_id
from digest.web.shared.context import reading
from digest.web.shared.desk import desk

_LARGEST_ID = 2**31 - 1


@desk.post("/summaries/covered")
def covered() -> str:
    """The summaries that the typed one resembles, or whose sources are the same; `summary` is the one being written."""
    form = request.form
    own = min(max(0, form.get("summary", 0, int)), _LARGEST_ID)
    hashes = {canonical_hash(url) for url in form.getlist("source_url") if url.strip()} - {""}
    linking = set(linking_summaries(reading(), hashes).values()) if hashes else set()
    alike = [found for found, _ in Archive(reading()).resembling(form.get("title", ""), form.get("body", ""))]
    return render_template(
        "writing/covered.html",
        linking=_summaries(sorted(linking - {own})),
        alike=_summaries(found for found in alike if found not in linking | {own}),
    )


def _summaries(ids: Iterable[int]) -> list[Summary]:
    return [summary for each in ids if (summary := summary_by_id(reading(), each))]
