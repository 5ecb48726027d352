"""Alice pastes what she has: what the desk says meanwhile, and what readers get by page, feed and mail."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from tests.conftest import TUESDAY, Mailbox, html_of, text_of
from tests.domain.writing.test_tidying import DOCS, WORD
from tests.factories import make_issue, make_summary
from tests.web.browser import Browser, one, page, words
from tests.web.writing.test_writing import FORM

pytestmark = pytest.mark.only_on("sqlite")

PASTED = (
    "2024. A year of fines, says https://a.example/path?q=a*b*c[^1]:\r\n"
    "•\tone\r\n•\ttwo\r\n\r\n"
    "| Country | Sum |\r\n|---|--:|\r\n| IE | ~~€1~~ €2 |\r\n\r\n"
    "[^1]: Pri\u00advacy, 10\u00a0km."
)


def test_a_paste_reaches_readers_as_it_was_meant(
    alice: Browser, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    issue_id = make_issue(db)
    form = FORM | {
        "body": PASTED,
        "title": "Fi\u00adnes of \u200b2024",
        "source_url": ["https://bücher.example/ä"],
        "on_issue": "1",
    }
    alice.send("/desk/summaries/new", form=form, act="publish")
    close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")
    [proof] = mailbox.to("alice@digest.test")
    text = text_of(proof).replace("\r\n", "\n")
    assert "\n1. Fines of 2024\n" in text
    assert (
        "2024. A year of fines, says https://a.example/path?q=a*b*c[1]:\n\n- one\n- two\n\n"
        "Country  Sum\n-------  ---------\nIE       ~~€1~~ €2\n\n* * *\n\n[1] Privacy, 10\u00a0km.\n"
    ) in text
    assert "https://xn--bcher-kva.example/%C3%A4" in text and "bücher" not in text
    mail = BeautifulSoup(html_of(proof), "html.parser")
    assert [cell.get_text(strip=True) for cell in mail.select(".grid .cell")] == ["Country", "Sum", "IE", "€1€2"]
    assert all("padding" in str(cell["style"]) for cell in mail.select(".grid .cell"))
    assert one(mail, "a.read")["href"] == "https://xn--bcher-kva.example/%C3%A4"
    assert not [link for link in mail.select(".body a") if str(link["href"]).startswith("#")]

    shown = page(alice.open("/news/i/fines-of-2024/1"))
    assert one(shown, ".sources a")["href"] == "https://bücher.example/ä"
    assert one(shown, ".prose table td[align=right]").get_text() == "€1 €2"
    feed = alice.open("/feed.json").json
    assert feed is not None
    assert feed["items"][0]["external_url"] == "https://xn--bcher-kva.example/%C3%A4"
    fed = BeautifulSoup(feed["items"][0]["content_html"], "html.parser").text
    assert fed.partition("Read the full story")[0] == one(shown, ".prose").text
    assert 'href="https://xn--bcher-kva.example/%C3%A4"' in alice.open("/feed.atom").text


def test_the_preview_says_what_readers_would_see_as_it_stands(alice: Browser) -> None:
    body = "Dear {{name}}, see[^1] [this](https://x y) and <b>that</b> of __init__."
    said = words(alice.send("/desk/summaries/preview", form=FORM | {"body": body, "title": "*|FNAME|*"}))
    for mark in ("{{name}}", "*|FNAME|*", "[^1]", "](", "<b>", "__init__"):
        assert f"“{mark}”" in said
    shown = page(alice.send("/desk/summaries/new", form=FORM | {"body": "**a"}, act="preview"))
    assert one(shown, ".field:has(#field-body) + #leftovers li")
    assert "Readers would see this as it stands" not in words(alice.send("/desk/summaries/preview", form=FORM))


@pytest.mark.parametrize("link", ["[x](e.example)", "[x](/rel)", "[x](#a)", "[x]()", "[x](<http://y z>)"])
def test_a_link_that_leads_nowhere_is_said_while_writing_and_before_the_issue_goes(
    alice: Browser, db: Database, link: str
) -> None:
    said = "The link “x” leads nowhere: write its address with https://"
    assert said in words(alice.send("/desk/summaries/preview", form=FORM | {"body": f"See {link}."}))
    make_issue(db, summary_ids=[make_summary(db, body=f"See {link}.")])
    assert f"Item 1: {said}" in words(alice.open("/desk/issue"))


def test_html_with_a_link_that_leads_nowhere_is_said_too(alice: Browser) -> None:
    html = "<div><a href='e.example'>x</a> <a name=top>Top</a> <a href='https://a.example'>there</a></div>"
    said = words(alice.send("/desk/summaries/preview", form=FORM | {"body_format": "html", "body": html}))
    assert "“x” leads nowhere" in said and "Top” leads" not in said and "there” leads" not in said


def test_no_issue_goes_with_leftover_marks(alice: Browser, db: Database, settings: Settings) -> None:
    issue_id = make_issue(db, summary_ids=[make_summary(db, body="Dear {{name}},")], introduction="~~See below")
    said = words(alice.open("/desk/issue"))
    assert "Item 1: “{{name}}” would go out as it stands" in said
    assert "Words around it: “~~” strikes out nothing" in said
    with pytest.raises(Refused, match=r"Item 1: “\{\{name\}\}” would go out as it stands"):
        close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")


def test_page_preview_and_mail_name_the_same_publication(
    alice: Browser, db: Database, mailbox: Mailbox, settings: Settings
) -> None:
    form = FORM | {"source_url": ["https://www.a.example/1"], "source_publication": [""], "on_issue": "1"}
    issue_id = make_issue(db)
    previewed = page(alice.send("/desk/summaries/preview", form=form))
    alice.send("/desk/summaries/new", form=form, act="publish")
    close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")
    [proof] = mailbox.to("alice@digest.test")
    mail = BeautifulSoup(html_of(proof), "html.parser")
    path = str(one(mail, ".headline a")["href"])
    said = f"Read full story in {FORM['publication']}"
    shown = page(alice.open(path.removeprefix("http://digest.test")))
    assert [" ".join(one(part, ".sources").get_text().split()) for part in (previewed, shown, mail)] == [said] * 3
    assert f"{said}:\n" in text_of(proof).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (WORD, "### Fines\n\nA fine of **10\u00a0million** and ***more***.\n\n- one\n  - below\n- two\n\n3. three"),
        (DOCS, "Plain, **bold** *soft*\n\n- one\n  - below\n- two\n\n[link](https://a.example/)"),
        ("<p>a</p><p>2024. b * <b>c </b>d</p><p>- e</p>", "a\n\n2024. b \\* **c** d\n\n\\- e"),
        ("<table><tr><td>a|b<td>c<tr><td>d<td>e</table>", "| a\\|b | c |\n| --- | --- |\n| d | e |"),
        ("<blockquote><p>a<br>b</p><p>c</p></blockquote>", "> a\\\n> b\n>\n> c"),
        ("10<sup>6</sup> <code>x*y</code> <s>no</s>", "10⁶ `x*y` ~~no~~"),
        ("<script>alert(1)</script><a href='javascript:x'>a</a>", "a"),
        ("2<em>3</em>4 and <b>5</b>6 Art<b>7</b>", "234 and 56 Art7"),
        ("<table><tr><td><p>a</p><p>a2</p><td>b<ul><li>c<li>d</ul></table>", "| a a2 | b c d |"),
        ("<a href='e.example'>x</a> <a href='http://x y'>y</a> <i><a href=/z>z</a></i>", "[x]() [y]() *[z]()*"),
        ("<div><a href='e.example'>x</a> <a name=n>y</a><a href='#f'>[1]</a></div>", "[x]() y[1]"),
        ("<ol type=a start=2><li>x<li>y<ol type=i><li>n</ol></ol>z", "b) x\n\nc) y\n\ni) n\n\nz"),
        (f"<ol start={'9' * 5000}><li value={'9' * 5000}>x</ol>", "1. x"),
        ("__init__ _a_ b_c", "\\_\\_init\\_\\_ \\_a\\_ b_c"),
        ("<ol type=A><li>x<li value=28>y</ol>", "A) x\n\nAB) y"),
        ("a <math><mn>2</mn><mo>+</mo><mfrac><mn>1</mn><mn>2</mn></mfrac></math> b", "a 2 + 1/2 b"),
        ("", ""),
    ],
)
def test_rich_text_comes_back_as_markdown(alice: Browser, html: str, markdown: str) -> None:
    answer = alice.send("/desk/paste", "/desk/summaries/new", html=html)
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith(markdown)


@pytest.mark.parametrize("html", ["a" * 300_001, "<ul><li>" * 24 + "<li>a" * 10_000])
def test_what_is_too_long_is_not_read_so_that_its_plain_text_is_pasted(alice: Browser, html: str) -> None:
    assert alice.send("/desk/paste", "/desk/summaries/new", html=html).status_code == 413


def test_only_editors_have_it_read(stranger: Browser) -> None:
    assert stranger.client.post("/desk/paste", data={"html": "<b>x</b>"}).status_code in (302, 400)


def test_text_that_came_as_html_is_pasted_as_it_is(alice: Browser, db: Database) -> None:
    del db
    assert "data-paste-url" in str(one(page(alice.open("/desk/summaries/new")), "#field-body"))
    html = FORM | {"body_format": "html", "body": "<div>a</div><div>b</div>"}
    shown = page(alice.send("/desk/summaries/new", form=html, act="preview"))
    assert "data-paste-url" not in str(one(shown, "#field-body"))
    assert one(shown, ".live-preview .prose").decode_contents().strip() == "<p>a</p><p>b</p>"


def test_an_introduction_is_read_as_a_summary_is(
    alice: Browser, db: Database, mailbox: Mailbox, settings: Settings
) -> None:
    issue_id = make_issue(db, date(2024, 5, 17), [make_summary(db)], introduction="2024. See www.a.example:\n•\ta")
    close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")
    assert "2024. See www.a.example:\n\n- a\n" in text_of(mailbox.to("alice@digest.test")[0]).replace("\r\n", "\n")
    del alice
