"""The archive's list as readers find it, asked in every way an address can ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from digest.storage.base.database import Database
from tests.factories import make_summary
from tests.web.archive.past import attribute, headlines, page_at, words

pytestmark = pytest.mark.on_both


@pytest.fixture
def shelf(db: Database) -> list[int]:
    """45 summaries on consecutive days, the last the newest."""
    start = date(2024, 1, 1)
    return [make_summary(db, f"Story {n}", start + timedelta(days=n)) for n in range(45)]


def test_archive_lists_newest_first_by_twenty(client: FlaskClient, shelf: list[int]) -> None:  # noqa: ARG001
    page = page_at(client, "/news")
    assert headlines(page) == [f"Story {n}" for n in range(44, 24, -1)]
    assert words(page, ".count") == "45 summaries"
    assert attribute(page, 'link[rel="next"]', "href") == "/news?page=2"
    assert page.select_one('link[rel="prev"]') is None


def test_paging_reaches_every_summary_once(client: FlaskClient, shelf: list[int]) -> None:  # noqa: ARG001
    seen: list[str] = []
    path = "/news"
    while path:
        page = page_at(client, path)
        seen += headlines(page)
        onward = page.select_one('nav.pagination a[rel="next"]')
        path = str(onward["href"]) if onward else ""
    assert seen == [f"Story {n}" for n in range(44, -1, -1)]


def test_page_in_the_middle_names_its_neighbours(client: FlaskClient, shelf: list[int]) -> None:  # noqa: ARG001
    page = page_at(client, "/news?page=2")
    assert attribute(page, 'link[rel="prev"]', "href") == "/news"
    assert attribute(page, 'link[rel="next"]', "href") == "/news?page=3"
    assert attribute(page, 'link[rel="canonical"]', "href") == "http://digest.test/news?page=2"


def test_page_beyond_the_end_leads_to_the_last(client: FlaskClient, shelf: list[int]) -> None:  # noqa: ARG001
    page = page_at(client, "/news?page=99", status=404)
    assert words(page, ".empty-title") == "There is no page 99"
    assert attribute(page, ".empty a", "href") == "/news?page=3"


def test_empty_archive_says_what_will_be_here(client: FlaskClient) -> None:
    page = page_at(client, "/news")
    assert words(page, ".empty-title") == "The first summaries will be here"
    assert attribute(page, ".empty a", "href") == "/"


@pytest.fixture
def mixed(client: FlaskClient, db: Database) -> Iterator[FlaskClient]:
    """Three summaries that differ in all that can be asked for."""
    make_summary(db, "Court annuls fine", date(2024, 3, 1), "Euractiv", "On cookies.", ["Courts"])
    make_summary(db, "Regulator writes rules", date(2024, 4, 1), "EDPB", "A 100% fine point.", ["AI", "Rules"])
    make_summary(db, "Model trains on mail", date(2024, 5, 1), "EDPB", "Nothing_else.", ["AI"])
    yield client


@pytest.mark.parametrize(
    ("query", "found", "said"),
    [
        ("q=fine", 2, "2 summaries with “fine”"),
        ("q=FINE+court", 1, "1 summary with “FINE court”"),
        ("q=100%25", 1, "1 summary with “100%”"),
        ("q=_", 0, "No summaries with “_”"),
        ("topic=ai", 2, "2 summaries about AI"),
        ("publication=edpb", 2, "2 summaries from EDPB"),
        ("from=2024-04-01", 2, "2 summaries since 1 April 2024"),
        ("to=2024-04-01", 2, "2 summaries until 1 April 2024"),
        (
            "topic=ai&publication=edpb&from=2024-04-02&q=mail",
            1,
            "1 summary with “mail” about AI from EDPB since 2 April 2024",
        ),
        ("q=&topic=&publication=&from=&to=", 3, "3 summaries"),
        ("q=nowhere", 0, "No summaries with “nowhere”"),
    ],
)
def test_filters_narrow_the_archive(mixed: FlaskClient, query: str, found: int, said: str) -> None:
    page = page_at(mixed, f"/news?{query}")
    assert len(headlines(page)) == found
    assert words(page, ".count").removesuffix(" · Show all") == said
    if not found:
        assert attribute(page, ".empty a", "href") == "/news"


def test_filter_form_works_without_javascript_and_keeps_what_was_asked(mixed: FlaskClient) -> None:
    page = page_at(mixed, "/news?q=rules&topic=ai&publication=edpb&from=2024-04-01&to=2024-06-01")
    form = page.select_one("form.filters")
    assert form is not None
    assert (form["method"], form["action"]) == ("get", "/news")
    assert [attribute(page, f"[name={name}]", "value") for name in ("q", "from", "to")] == [
        "rules",
        "2024-04-01",
        "2024-06-01",
    ]
    assert attribute(page, "[name=topic]", "value") == "ai"
    assert attribute(page, "[name=publication] [selected]", "value") == "edpb"


def test_canonical_address_leaves_empty_parameters_out(mixed: FlaskClient) -> None:
    page = page_at(mixed, "/news?q=&topic=ai&x=y&page=1")
    assert attribute(page, 'link[rel="canonical"]', "href") == "http://digest.test/news?topic=ai"
    feeds = [str(link["href"]) for link in page.select('link[type="application/atom+xml"]')]
    assert feeds == ["/feed.atom", "/news.atom?topic=ai", "/topics/ai.atom"]


def test_filters_last_over_pages(client: FlaskClient, db: Database) -> None:
    for number in range(25):
        make_summary(db, f"Fine & fee {number}", topics=["AI"])
    page = page_at(client, "/news?q=fine+%26&topic=ai")
    onward = attribute(page, 'nav.pagination a[rel="next"]', "href")
    assert onward == "/news?q=fine+%26&topic=ai&page=2"
    assert len(headlines(page_at(client, onward))) == 5


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("page=x", "The page’s number wasn’t one"),
        ("page=0", "The page’s number wasn’t one"),
        ("page=-1", "The page’s number wasn’t one"),
        ("page=²", "The page’s number wasn’t one"),
        ("from=nonsense", "“nonsense” isn’t a date"),
        ("to=2024-02-30", "“2024-02-30” isn’t a date"),
        ("from=%00", "isn’t a date"),
        ("topic=none-such", "There is no topic “none-such”"),
        ("publication=<script>", "There is no publication “<script>”"),
        ("from=2024-06-01&to=2024-01-01", "we swapped them"),
        ("q=" + "x" * 5000, "the first 200 characters"),
    ],
)
def test_nonsense_is_told_kindly_and_left_out(mixed: FlaskClient, query: str, told: str) -> None:
    assert told in words(page_at(mixed, f"/news?{query}"), ".notice")


@pytest.mark.only_on("sqlite")
def test_two_days_in_the_wrong_order_are_asked_in_the_right_one(mixed: FlaskClient) -> None:
    page = page_at(mixed, "/news?from=2024-04-30&to=2024-03-15")
    assert headlines(page) == ["Regulator writes rules"]


@pytest.mark.parametrize(
    "query",
    [
        "page=99999999999999999999999",
        "page=9999999",
        "q=%00%ff%F0%9F",
        "q='\"<>",
        "q=%25%25",
        "from=0001-01-01",
        "to=9999-12-31",
        "page=1&page=2",
        "q=" + "a+" * 99,
        "publication=%ed%a0%80",
    ],
)
def test_no_query_breaks_the_archive(mixed: FlaskClient, query: str) -> None:
    assert mixed.get(f"/news?{query}").status_code in (200, 404)


def test_words_are_marked_where_they_stand_and_nothing_else_is_markup(client: FlaskClient, db: Database) -> None:
    body = "Much ado first. " * 40 + "Then the <b>regulators</b> & courts speak."
    make_summary(db, "Regulator <speaks>", body=body)
    page = page_at(client, "/news?q=regulator")
    assert [each.get_text() for each in page.select(".entry mark")] == ["Regulator", "regulators"]
    assert headlines(page) == ["Regulator <speaks>"]
    assert "Then the <b>regulators</b> & courts speak." in page.get_text()
    assert page.get_text().count("Much ado first.") < 20


def test_what_has_only_some_words_says_so_and_by_date_is_a_choice(client: FlaskClient, db: Database) -> None:
    make_summary(db, "Wombats fined, wombats warned", date(2024, 1, 1))
    make_summary(db, "A list of wombats", date(2024, 3, 1), body="And of much else, " * 30)
    page = page_at(client, "/news?q=wombats+xyzzy")
    assert "No summary has all of these words" in words(page, ".notice")
    assert headlines(page) == ["Wombats fined, wombats warned", "A list of wombats"]
    by_date = page_at(client, attribute(page, ".ordering a", "href"))
    assert headlines(by_date) == ["A list of wombats", "Wombats fined, wombats warned"]
    assert [each.get_text() for each in by_date.select("h2.month")] == ["March 2024", "January 2024"]


def test_each_choice_says_how_many_and_leads_to_them(mixed: FlaskClient) -> None:
    page = page_at(mixed, "/news?topic=ai")
    offered = {link.get_text(): link for link in page.select(".choosing a")}
    assert [row.get_text() for row in page.select("#by-topic + .choosing .nums")] == ["2", "1", "1"]
    publications = [option.get_text() for option in page.select("#field-publication option")]
    assert publications == ["All", "EDPB (2)"]
    assert headlines(page_at(mixed, str(offered["April"]["href"]))) == ["Regulator writes rules"]
    assert words(page_at(mixed, str(offered["April"]["href"])), "h1") == "AI · April 2024"
    assert headlines(page_at(mixed, str(offered["Courts"]["href"]))) == ["Court annuls fine"]
    away = attribute(page, ".choosing [aria-current]", "href")
    assert away == attribute(page, ".chips a", "href") == "/news"
