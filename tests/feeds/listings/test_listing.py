"""Pages without a feed: their lists found by guess, or by the example that an editor showed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.feeds.base.entries import UnreadableDocument
from digest.feeds.listings.examples import Example, NoSuchExample
from digest.feeds.listings.listing import Listing, learn, read_listing
from digest.feeds.listings.recipes import as_json, recipe_from

PAGE = "https://regulator.example/news/index.html"

_MENU = (
    "<nav><ul>" + "".join(f'<li><a href="/about/{n}">About our office {n}</a></li>' for n in range(30)) + "</ul></nav>"
)
_FOOTER = '<footer><p><a href="/imprint">Imprint</a> <a href="javascript:alert(1)">Cookies</a></p></footer>'


def page(main: str, language: str = "en") -> bytes:
    title = "<title>News | The regulator</title>"
    return (
        f'<html lang="{language}"><head>{title}</head><body>{_MENU}<main>{main}</main>{_FOOTER}</body></html>'.encode()
    )


def read(main: str, language: str = "en", url: str = PAGE) -> Listing:
    return read_listing(page(main, language), "text/html; charset=utf-8", url)


def told(listing: Listing) -> list[tuple[str, str, str]]:
    """Title, path and day of each entry."""
    return [
        (entry.title, entry.url.split("/", 3)[3], f"{entry.published_at:%Y-%m-%d}" if entry.published_at else "")
        for entry in listing.bulletin.entries
    ]


TABLE = (
    "<table><tr><th>Date</th><th>Number</th><th>Party</th><th>Decision</th><th>Docket</th></tr>"
    + "".join(
        f'<tr><td>{day}/2024</td><td>24-{number}</td><td>{party}</td><td><a href="d/{number}.pdf">PDF</a></td>'
        f'<td><a href="/docket?n={number}">View</a></td></tr>'
        for day, number, party in (
            ("3/12", "100", "Ministry of Roads v. Ostler"),
            ("3/11", "099", "Baker v. Water Board"),
            ("2/28", "098", "In re Harbour Company"),
        )
    )
    + "</table>"
)

CARDS = "".join(
    f"""<div class="card post-{number}{" first" if number == 1 else ""}">
<a href="/news/{slug}"><img src="/i/{number}.jpg"></a><h3 class="card-title"><a href="/news/{slug}">{title}</a></h3>
<time datetime="2024-05-{number:02}T00:00:00+02:00">{number} May</time>
<p class="teaser">What the office found when it looked into the matter for longer than it had meant to.</p>
<a href="/news/{slug}">Read more</a></div>"""
    for number, slug, title in (
        (4, "harbour-fined", "Harbour company fined for late reports"),
        (3, "new-guidance", "New guidance on <em>cookies</em> and banners"),
        (2, "annual-report", "Annual report for last year is out"),
        (1, "office-closed", "The office closes for a day"),
    )
)


def test_rows_of_a_table_take_their_title_from_the_cell_beside_the_link() -> None:
    assert told(read(TABLE)) == [
        ("Ministry of Roads v. Ostler", "news/d/100.pdf", "2024-03-12"),
        ("Baker v. Water Board", "news/d/099.pdf", "2024-03-11"),
        ("In re Harbour Company", "news/d/098.pdf", "2024-02-28"),
    ]


def test_cards_bring_title_link_day_and_first_lines_once_each() -> None:
    listing = read(CARDS)

    assert told(listing)[:2] == [
        ("Harbour company fined for late reports", "news/harbour-fined", "2024-05-04"),
        ("New guidance on cookies and banners", "news/new-guidance", "2024-05-03"),
    ]
    assert len(told(listing)) == 4
    assert listing.bulletin.entries[0].lede.startswith("What the office found")
    assert (listing.bulletin.title, listing.bulletin.language) == ("News | The regulator", "en")


def test_a_date_above_a_group_is_that_of_all_its_items() -> None:
    groups = "".join(
        f"<h2>{day}. März 2024</h2><ul>"
        + "".join(f'<li><a href="/p/{day}-{n}">Beschluss über die Gebühren Nummer {day}{n}</a></li>' for n in (1, 2))
        + "</ul>"
        for day in (9, 7)
    )

    assert [day for _, _, day in told(read(groups, "de"))] == ["2024-03-09"] * 2 + ["2024-03-07"] * 2


def test_a_list_without_elements_of_its_own_is_cut_at_its_blank_lines() -> None:
    lines = "".join(
        f"Filed 0{n}/24/23, No. 10-{n}<BR><a href='/op/{n}.pdf'>Crown against the {name} union</a><BR>"
        f"County of {name}<BR><BR>"
        for n, name in ((4, "Bakers"), (3, "Tanners"), (2, "Weavers"))
    )

    assert told(read(f"<a href='/help'>Problems opening files?</a><hr><BR>{lines}")) == [
        ("Crown against the Bakers union", "op/4.pdf", "2023-04-24"),
        ("Crown against the Tanners union", "op/3.pdf", "2023-03-24"),
        ("Crown against the Weavers union", "op/2.pdf", "2023-02-24"),
    ]


def test_a_date_before_a_heading_goes_with_the_item_below_it() -> None:
    items = "".join(
        f'<p class="day">{n} April 2024</p><h4><a href="/d/{n}">Decision about the {n} ferries</a></h4>'
        "<p>It is to be read.</p>"
        for n in (9, 6, 4)
    )

    assert [day for _, _, day in told(read(items))] == ["2024-04-09", "2024-04-06", "2024-04-04"]


def test_an_unclosed_paragraph_does_not_cost_an_item() -> None:
    items = "<hr>".join(
        f"<b><a href='/o/{n}.pdf'>2024-{n}</a></b><br>"
        f"<ul><b>Crown against the {name}</b>; heard on 2/3/2023. Affirmed.</ul>"
        for n, name in ((1, "Bakers"), (2, "Tanners"), (3, "Weavers"))
    )

    titles = [title for title, _, _ in told(read(f"<p>List of May 9, 2024<p>EN BANC<br>{items}"))]
    assert titles == ["Crown against the Bakers", "Crown against the Tanners", "Crown against the Weavers"]


def test_a_definition_list_pairs_each_term_with_what_follows_it() -> None:
    pairs = "".join(
        f'<dt>{n} January 2024</dt><dd><a href="/r/{n}">Report on the {n} bridges</a></dd>' for n in (8, 5, 2)
    )

    assert told(read(f"<dl>{pairs}</dl>"))[1] == ("Report on the 5 bridges", "r/5", "2024-01-05")


def test_the_day_in_an_address_counts_where_the_page_tells_none() -> None:
    items = "".join(
        f'<li><a href="/2024/06/{n}/s">Statement on {name}</a></li>'
        for n, name in (("21", "fees"), ("20", "tolls"), ("19", "tax"))
    )

    assert told(read(f"<ul>{items}</ul>"))[0] == ("Statement on fees", "2024/06/21/s", "2024-06-21")


@pytest.mark.parametrize(
    ("days", "language", "url", "first"),
    [
        (("5/3/2024", "4/3/2024", "3/3/2024"), "en-GB", PAGE, "2024-03-05"),
        (("2/4/2024", "5/3/2024", "1/3/2024"), "en-US", PAGE, "2024-04-02"),  # in sequence only if the day is first
        (("5/3/2024", "5/2/2024", "5/1/2024"), "en", "https://x.example.uk/", "2024-03-05"),
        (("5/3/2024", "9/3/2024", "3/3/2024"), "en", "https://agency.gov/", "2024-05-03"),
        (("5/3/2024", "9/3/2024", "3/3/2024"), "fr", PAGE, "2024-03-05"),
        (("5/3/2024", "31/1/2024", "3/3/2024"), "en-US", PAGE, "2024-03-05"),
    ],
)
def test_the_order_of_day_and_month_is_the_pages_own(
    days: tuple[str, ...], language: str, url: str, first: str
) -> None:
    items = "".join(
        f'<li><a href="/n/{n}">Notice about the matter {n}</a> {day}</li>' for n, day in zip("abc", days, strict=True)
    )

    assert told(read(f"<ul>{items}</ul>", language, url))[0][2] == first


def test_one_example_brings_all_items_like_it_and_no_others() -> None:
    body = page(TABLE + CARDS)
    recipe = learn(
        body, "text/html", PAGE, (Example("https://regulator.example/news/d/099.pdf", "Baker v. Water Board"),)
    )

    again = recipe_from(as_json(recipe))
    assert again == recipe
    assert [title for title, _, _ in told(read_listing(body, "text/html", PAGE, again))] == [
        "Ministry of Roads v. Ostler",
        "Baker v. Water Board",
        "In re Harbour Company",
    ]


def test_the_title_shown_decides_which_text_is_the_title() -> None:
    recipe = learn(page(TABLE), "text/html", PAGE, (Example("https://regulator.example/news/d/099.pdf", "24-099"),))

    assert told(read_listing(page(TABLE), "text/html", PAGE, recipe))[0][0] == "24-100"


def test_an_example_that_is_not_on_the_page_is_said() -> None:
    with pytest.raises(NoSuchExample, match=r"nowhere.pdf: the page has no such link"):
        learn(page(TABLE), "text/html", PAGE, (Example("https://regulator.example/nowhere.pdf"),))


def test_a_recipe_outlives_small_changes_and_tells_great_ones() -> None:
    recipe = learn(page(CARDS), "text/html", PAGE, (Example("https://regulator.example/news/new-guidance"),))
    moved = page(f'<div class="wrapper"><div id="new">{CARDS}</div></div>'.replace("card post", "card featured post"))
    redone = page("<section>" + "<p>We are building a new site for you. Please come back.</p>" * 9 + "</section>")

    assert len(told(read_listing(page(CARDS), "text/html", PAGE, recipe))) == 4
    assert len(told(read_listing(moved, "text/html", PAGE, recipe))) == 4
    assert not read_listing(moved, "text/html", PAGE, recipe).changed
    assert read_listing(redone, "text/html", PAGE, recipe).changed
    assert read_listing(page(CARDS), "text/html", PAGE, replace(recipe, items=40)).changed


@pytest.mark.parametrize("stored", ["", "[]", '{"version": 2}', '{"version": 1, "item": [], "link": [], "title": ""}'])
def test_a_recipe_that_cannot_be_read_says_what_to_do(stored: str) -> None:
    with pytest.raises(ValueError, match="Show an example on the page again"):
        recipe_from(stored)


def test_scripts_and_their_links_never_come_through() -> None:
    items = "".join(
        f'<li><a href="javascript://a.example/%0asteal({n})">A good headline {n}</a><a href="data:text/html,x">x</a>'
        f'<script>document.write("<a href=/s/{n}>Scripted news item</a>")</script></li>'
        for n in range(5)
    )

    assert all(entry.url.startswith("https://") for entry in read(f"<ul>{items}</ul>").bulletin.entries)
    assert not [entry for entry in read(f"<ul>{items}</ul>").bulletin.entries if "headline" in entry.title]


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 100_000 + b"<a href=/x>x</a>",
        b"".join(b"<p><a href=/%d>A headline of 1/2/2024 here</a>" % n for n in range(30_000)),
        b"\0\xff<a" * 1_000,
    ],
    ids=["deep", "many", "noise"],
)
def test_hostile_pages_are_read_within_bounds(body: bytes) -> None:
    assert len(read_listing(body, "text/html", PAGE).bulletin.entries) <= 1_000


def test_an_empty_body_is_no_page() -> None:
    with pytest.raises(UnreadableDocument):
        read_listing(b"", "text/html", PAGE)


def test_a_local_midnight_stays_the_day_it_names() -> None:
    assert read(CARDS).bulletin.entries[0].published_at == datetime(2024, 5, 4, tzinfo=UTC)
