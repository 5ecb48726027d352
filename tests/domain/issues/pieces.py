"""A small issue in words, to be changed one thing at a time."""

from __future__ import annotations

from datetime import date

from digest.domain.issues.edition import Content, Item, ItemTopic, Source, default_preheader, default_subject

AI = ItemTopic("ai", "AI")
CHILDREN = ItemTopic("children", "Children")


def item(number: int = 1, title: str = "", body: str = "<p>One plain paragraph.</p>", *topics: ItemTopic) -> Item:
    """One summary of 13 May 2024 with a source of its own."""
    return Item(
        summary_id=number,
        title=title or f"Court rules on case {number}",
        url=f"http://digest.test/news/euractiv/case/{number}",
        publication="Euractiv",
        published_on=date(2024, 5, 13),
        body_html=body,
        sources=(Source(f"https://example.org/{number}", "The story", "Euractiv"),),
        topics=topics,
    )


def content(*items: Item, introduction: str = "<p>Why it matters.</p>") -> Content:
    """The issue of Friday 17 May 2024 with the default subject and preheader."""
    titles = [each.title for each in items]
    return Content(
        issue_date=date(2024, 5, 17),
        number=7,
        subject=default_subject(titles),
        preheader=default_preheader(titles),
        introduction_html=introduction,
        items=items,
    )
