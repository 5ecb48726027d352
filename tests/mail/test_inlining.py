"""Inlining reads nothing but what it is given."""

from __future__ import annotations

import builtins
import codecs
import io
import os
import socket
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NoReturn

import pytest
from bs4 import BeautifulSoup

from digest.mail.message.inlining import for_mail, inlined
from digest.mail.message.rendering import render_digest

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
    '<style>@\\69mport "{url}/e.css";</style>',
    "<style>@\\000069 mport url({url}/f.css);</style>",
    '<style>@im\\port "{url}/g.css";</style>',
    '<style>@/**/import "{url}/h.css"; @import/**/"{url}/i.css";</style>',
    '<style><!-- @import "{url}/j.css"; --></style>',
    '<style>@charset "utf-8"; @namespace svg url({url}/k); @import "{url}/k.css";</style>',
    '<style>@media screen {{ @import "{url}/l.css"; p {{ color: red }} }}</style>',
    '<style media="screen">@import url(&#104;ttp:{url}/m.css);</style>',
    '<style>@import "{url}/n.css"',
    '<style/x>@import "{url}/o.css";</style >',
    '<style>@import "data:text/css,@import%20%22{url}/p.css%22;";</style>',
    "<style>p {{ background: url({url}/q.png) }} @font-face {{ src: url({url}/r.woff) }}</style>",
    "<p style='@import \"{url}/t.css\"; background: url({url}/u.png)'>x</p>",
    '<base href="{url}/"><style>@import "v.css";</style><link rel="stylesheet" href="w.css">',
    '<img src="{url}/x.png" style="float: left"><object data="{url}/y"></object><iframe src="{url}/z"></iframe>',
    '<?xml-stylesheet href="{url}/1.css"?><svg><style>@import "{url}/2.css";</style></svg>',
    '<![CDATA[<style>@import "{url}/3.css";</style>]]>',
)
"""Ways to ask for a stylesheet, or anything else: `{url}` is where the canary sits, on the network or in a file."""


def _documents(trap: str) -> Iterator[str]:
    yield f"<!DOCTYPE html><html><head>{trap}</head><body>{trap}<p>x</p></body></html>"
    yield f'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body>&x;{trap}<p>x</p></body></html>'
    yield f"{trap}<p>x</p>"


@pytest.mark.parametrize("fetcher", FETCHERS)
def test_nothing_is_fetched(fetcher: str, canary: Canary) -> None:
    trap = fetcher.format(url=canary.url)
    for document in _documents(trap):
        inlined(document)
    hostile = replace(FACES, body_html=f"<p>x</p>{trap}")
    render_digest(replace(CONTENT, introduction_html=trap, items=(hostile,)), IDENTITY, TAGS)
    assert canary.asked == []


@pytest.mark.parametrize("fetcher", FETCHERS)
def test_no_socket_and_no_file_is_even_tried(fetcher: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcdefghijklmnopqrstuvwxyz123":
        (tmp_path / f"{name}.css").write_text("p { color: #c0ffee }")
    inlined("<style>p { color: red }</style><p>x</p>")  # what is imported late is in memory now
    tried: list[str] = []

    def trying(what: str) -> Callable[..., NoReturn]:
        def refuse(*given: object, **_: object) -> NoReturn:
            tried.append(f"{what} {given[:2]}")
            raise OSError(what)

        return refuse

    for owner, name in (
        (socket.socket, "connect"), (socket, "getaddrinfo"), (builtins, "open"), (io, "open"), (codecs, "open"),
        (os, "open"), (Path, "open"), (urllib.request, "urlopen"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, trying(name))
    try:
        pages = [inlined(page) for url in (f"file://{tmp_path}", str(tmp_path), "http://127.0.0.1:9", "//127.0.0.1:9")
                 for page in _documents(fetcher.format(url=url))]  # fmt: skip
    finally:
        monkeypatch.undo()
    assert tried == []
    assert not [page for page in pages if "c0ffee" in page]


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


def test_each_document_has_the_styles_of_its_own_block_however_often_it_comes() -> None:
    def styled(colour: str) -> str:
        block = f".a {{ color: {colour}; }} @media print {{ .a {{ color: {colour}; }} }}"
        return inlined(f'<html><head><style>{block}</style></head><body><p class="a">x</p></body></html>')

    first = styled("#101112")
    assert "color:#101112" in first
    assert "color:#202122" in styled("#202122") and "#101112" not in styled("#202122")
    assert styled("#101112") == first


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


def test_dates_and_sums_stay_on_one_line() -> None:
    cells = ("2024-01-02", "<b>€1,200</b>", "10&nbsp;km", "12 May 2024", "a long word 1", "Ireland", "<p>1</p><p>2</p>")
    for few in (cells[:4], cells[3:]):
        page = BeautifulSoup(
            for_mail(f"<table><tr>{''.join(f'<td>{cell}</td>' for cell in few)}</tr></table>"), "html.parser"
        )
        assert len(page.select(".whole")) == (4 if few == cells[:4] else 1)
    page = BeautifulSoup(for_mail(f"<table><tr>{'<td>2024-01-02</td>' * 5}</tr></table>"), "html.parser")
    assert page.select(".whole") == []  # a phone could not show all of them


def test_only_a_table_of_many_columns_breaks_words() -> None:
    row = f"<tr>{'<td>x</td>' * 5}</tr>"
    page = BeautifulSoup(for_mail(f"<table>{row}</table><table><tr><td>a</td></tr></table>"), "html.parser")
    assert len(page.select(".tight")) == 5
