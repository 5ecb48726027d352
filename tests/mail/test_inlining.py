"""Inlining reads nothing but what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from bs4 import BeautifulSoup

from digest.mail.inlining import for_mail, inlined
from digest.mail.rendering import render_digest

from .samples import CONTENT, FACES, IDENTITY, TAGS


class Canary:
    """A loopback server that remembers what it was asked for."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self.asked = asked
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def canary() -> Iterator[Canary]:
    canary = Canary()
    thread = Thread(target=canary.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield canary
    canary.server.shutdown()
    thread.join()
    canary.server.server_close()


FETCHERS = (
    '<link rel="stylesheet" href="{url}/a.css">',
    '<LINK rel=stylesheet title="a>b" href={url}/b.css>',
    '<style>@import url("{url}/c.css"); p {{ color: red; }}</style>',
    "<style>@IMPORT '{url}/d.css' screen;</style>",
)


@pytest.mark.parametrize("fetcher", FETCHERS)
def test_nothing_is_fetched(fetcher: str, canary: Canary) -> None:
    trap = fetcher.format(url=canary.url)
    inlined(f"<!DOCTYPE html><html><head>{trap}</head><body>{trap}<p>x</p></body></html>")
    hostile = replace(FACES, body_html=f"<p>x</p>{trap}")
    render_digest(replace(CONTENT, introduction_html=trap, items=(hostile,)), IDENTITY, TAGS)
    assert canary.asked == []


def test_prose_about_stylesheets_is_kept() -> None:
    html = inlined("<!DOCTYPE html><html><body><p>How @import works; and &lt;link&gt;</p></body></html>")
    assert "How @import works; and &lt;link&gt;" in html


def test_ignored_block_stays_and_the_other_goes_inline() -> None:
    html = inlined(
        "<!DOCTYPE html><html><head><style>.a { color: #123456; }</style>"
        '<style data-premailer="ignore">@media print { .a { color: #222222 !important; } }</style></head>'
        '<body><p class="a">x</p></body></html>'
    )
    page = BeautifulSoup(html, "html.parser")
    assert [style.get_text() for style in page.select("style")] == [
        "@media print { .a { color: #222222 !important; } }"
    ]
    assert page.select("p.a")[0]["style"] == "color:#123456"


def test_nested_quotations_stay_nested() -> None:
    page = BeautifulSoup(
        for_mail("<blockquote><p>a</p><blockquote cite='x'><p>b</p></blockquote></blockquote>"), "html.parser"
    )
    assert len(page.select("blockquote td.quote blockquote td.quote p")) == 1


def test_threads_get_the_same_as_one_alone() -> None:
    alone = render_digest(CONTENT, IDENTITY, TAGS)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: render_digest(CONTENT, IDENTITY, TAGS), range(8)))
    assert set(together) == {alone}


def test_tables_say_what_a_mail_client_would_choose_otherwise() -> None:
    row = "<tr><th>a</th><th align='right'>b</th></tr><tr><td>c</td><td>d</td></tr>"
    page = BeautifulSoup(for_mail(f"<table>{row}</table><blockquote><table>{row}</table></blockquote>"), "html.parser")
    assert [table.get("cellpadding") for table in page.select("table.grid")] == ["0", "0"]
    assert [cell["align"] for cell in page.select("table.grid")[0].select(".cell")] == ["left", "right", "left", "left"]
    assert len(page.select("td.quote > table.grid .head")) == 2
    assert page.select(".tight") == []


def test_only_a_table_of_many_columns_breaks_words() -> None:
    row = f"<tr>{'<td>x</td>' * 5}</tr>"
    page = BeautifulSoup(for_mail(f"<table>{row}</table><table><tr><td>a</td></tr></table>"), "html.parser")
    assert len(page.select(".tight")) == 5
