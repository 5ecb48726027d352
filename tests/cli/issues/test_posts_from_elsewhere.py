"""What a service's export has of posts and campaigns becomes past issues, with its text and links, and nothing else."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from digest.cli import cli
from digest.storage.base.database import Database
from tests.cli.issues.test_issues import bring_in
from tests.cli.issues.test_issues import installed as installed
from tests.factories import make_issue
from tests.web.archive.past import page_at, words
from tests.web.readers.doors import everything

BODY = (
    '<div><h2>In court</h2><p>A <b>fine</b> of <a href="https://example.org/fine">millions</a>.</p>'
    '<img src="https://tracker.example/open.gif" alt="A gavel"><script>alert(1)</script></div>'
)
LEXICAL = json.dumps(
    {"root": {"type": "root", "children": [
        {"type": "heading", "children": [{"type": "text", "text": "In court"}]},
        {"type": "paragraph", "children": [
            {"type": "text", "text": "A "}, {"type": "text", "text": "fine", "format": 1},
            {"type": "text", "text": " of "},
            {"type": "link", "url": "https://example.org/fine", "children": [{"type": "text", "text": "millions"}]},
        ]},
    ]}}
)  # fmt: skip
MARKDOWN = "## In court\n\nA **fine** of [millions](https://example.org/fine).\n"


def ghost(**post: object) -> dict[str, object]:
    base = {"type": "post", "status": "published", "visibility": "public", "published_at": "2023-03-03T07:00:00.000Z"}
    return {**base, "id": "1", "title": "Old news", "html": BODY, **post}


GHOST = json.dumps(
    {"db": [{"meta": {"version": "5.1.0"}, "data": {
        "posts": [
            ghost(),
            ghost(id="2", title="Only in Lexical", html=None, lexical=LEXICAL, published_at="2023-03-10T07:00:00.000Z"),
            ghost(id="3", title="About us", type="page"),
            ghost(id="4", title="Unfinished", status="draft", published_at=None),
            ghost(id="5", title="For payers", visibility="paid"),
            ghost(id="6", title="Later that day", published_at="2023-03-03T17:00:00.000Z"),
            ghost(id="7", title="Of the future", published_at="2033-03-03T17:00:00.000Z"),
            ghost(id="8", title="Of nothing", html="<img src='https://tracker.example/a.gif'>"),
        ],
        "posts_meta": [{"post_id": "2", "email_subject": "As it was mailed"}],
    }}]}
)  # fmt: skip
SUBSTACK = {
    "posts.csv": "post_id,post_date,is_published,email_sent_at,type,audience,title,subtitle,podcast_url\n"
    "1.old-news,2023-03-03T07:00:00.000Z,true,2023-03-03T07:05:00.000Z,newsletter,everyone,Old news,In a line,\n"
    "2.payers,2023-03-10T07:00:00.000Z,true,,newsletter,only_paid,For payers,,\n"
    "3.draft,,false,,newsletter,everyone,Unfinished,,\n",
    "posts/1.old-news.html": BODY,
    "posts/2.payers.html": BODY,
}
MAILCHIMP = {
    "campaigns.csv": 'Title,Subject,List,"Send Date","Send Weekday","Unique Id"\n'
    'Week 9,Old news,Readers,"Mar 03, 2023 07:00 am",Friday,a1b2c3\nUnsent,Later,Readers,,,d4\n',
    "campaigns_content/a1b2c3_week-9.html": f"<html><head><title>x</title></head><body>{BODY}*|UNSUB|*</body></html>",
}
LISTMONK = {
    "campaigns.json": json.dumps({"data": {"results": [
        {"name": "Week 9", "subject": "Old news", "body": BODY, "content_type": "html", "status": "finished",
         "type": "regular", "started_at": "2023-03-03T07:00:00Z"},
        {"name": "Opt-in", "subject": "Confirm", "body": "x", "content_type": "html", "status": "finished",
         "type": "optin", "started_at": "2023-03-04T07:00:00Z"},
        {"name": "Draft", "subject": "Draft", "body": "x", "content_type": "markdown", "status": "draft"},
    ]}})
}  # fmt: skip
BUTTONDOWN = {
    "emails.json": json.dumps({"results": [
        {"subject": "Old news", "body": MARKDOWN, "publish_date": "2023-03-03T07:00:00Z", "status": "sent",
         "email_type": "public"},
        {"subject": "For payers", "body": "x", "publish_date": "2023-03-04T07:00:00Z", "email_type": "premium"},
    ]})
}  # fmt: skip
BUTTONDOWN_PAGES = {
    "emails/old-news.md": f'---\nsubject: "Old news"\npublish_date: 2023-03-03T07:00:00Z\nstatus: sent\n---\n{MARKDOWN}'
}
BUTTONDOWN_TABLE = {
    "emails.csv": "subject,publish_date,status,email_type,body\n"
    + 'Old news,2023-03-03T07:00:00Z,sent,public,"{}"\n'.format(
        f"{MARKDOWN}<!-- {'as long as an issue may be ' * 9_000} -->".replace('"', '""')
    )
}
KEILA = {
    "campaigns.json": json.dumps({"data": [
        {"subject": "Old news", "text_body": MARKDOWN, "sent_at": "2023-03-03T07:00:00Z"},
        {"subject": "Unsent", "text_body": "x", "sent_at": None},
    ]})
}  # fmt: skip


def zipped(folder: Path, files: Mapping[str, str]) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unpacked(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / "export" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder / "export"


def issues(*words_: str) -> Result:
    return CliRunner().invoke(cli, ["issues", *words_])


def test_an_archive_of_ghost_comes_in_and_every_post_is_accounted_for(
    tmp_path: Path, client: FlaskClient, db: Database
) -> None:
    issues("export")  # the first command of all looks after the database
    (path := tmp_path / "ghost.json").write_text(GHOST)
    before, rehearsed = everything(db), issues("import", str(path), "--dry-run")
    assert everything(db) == before
    done = issues("import", str(path))
    assert done.exit_code == 1, "one post could not be kept"
    assert done.stdout == (
        "8 posts: 2 issues added, 0 already there, 5 passed over, 1 in one issue with another of their day.\n"
    )
    assert rehearsed.stdout == f"Nothing was changed. It would be so: {done.stdout}"
    assert rehearsed.stderr == done.stderr
    assert done.stderr.splitlines() == [
        "passed over: About us: a page",
        "passed over: Unfinished: not published (draft)",
        "passed over: For payers: not for everybody (paid)",
        "passed over: Of nothing: it has no text",
        "passed over: Of the future: 3 March 2033 is still to come: only issues that went out can be imported",
    ]
    page = page_at(client, "/issues/2023-03-10")
    assert (words(page, "h1"), words(page, ".prose h3"), words(page, ".prose strong")) == (
        "As it was mailed",
        "In court",
        "fine",
    )
    both = client.get("/issues/2023-03-03").text
    assert both.index("Old news</h3>") < both.index("Later that day</h3>")
    assert "tracker.example" not in both
    assert "alert(1)" not in both
    assert '<a href="https://example.org/fine"' in both
    after, again = everything(db), issues("import", str(path))
    assert "0 issues added, 2 already there" in again.stdout
    assert everything(db) == after


@pytest.mark.parametrize(
    ("files", "passed"),
    [
        (SUBSTACK, 2),
        (MAILCHIMP, 1),
        (LISTMONK, 2),
        (BUTTONDOWN, 1),
        (BUTTONDOWN_PAGES, 0),
        (BUTTONDOWN_TABLE, 0),
        (KEILA, 1),
    ],
    ids=["substack", "mailchimp", "listmonk", "buttondown", "buttondown’s pages", "buttondown’s table", "keila"],
)
def test_what_each_service_hands_over_becomes_an_issue(
    tmp_path: Path, client: FlaskClient, files: Mapping[str, str], passed: int
) -> None:
    done = issues("import", str(zipped(tmp_path, files)))
    assert done.exit_code == 0, done.output
    assert f"1 issue added, 0 already there, {passed} passed over" in done.stdout
    page = page_at(client, "/issues/2023-03-03")
    assert (words(page, "h1"), words(page, ".prose h3"), words(page, ".prose a")) == (
        "Old news",
        "In court",
        "millions",
    )
    assert "0 stories" not in client.get("/issues/2023-03-03").text + client.get("/issues").text
    assert "1 already there" in issues("import", str(unpacked(tmp_path, files))).stdout


def test_the_issue_that_is_here_stays_and_the_rest_comes_in(tmp_path: Path, client: FlaskClient, db: Database) -> None:
    bring_in(tmp_path, {"date": "2023-03-03", "subject": "Ours", "summaries": [], "body_html": "<p>Ours</p>"})
    (path := tmp_path / "ghost.json").write_text(GHOST)
    done = issues("import", str(path), "--from", "ghost")
    assert (
        "passed over: Old news, Later that day: an issue of 3 March 2023 is here already, with another text"
        in done.stderr
    )
    assert "1 issue added, 0 already there, 6 passed over" in done.stdout
    assert words(page_at(client, "/issues/2023-03-03"), "h1") == "Ours"
    assert make_issue(db)


def test_what_came_as_html_leaves_as_it_came(tmp_path: Path, client: FlaskClient) -> None:
    issues("import", str(zipped(tmp_path, SUBSTACK)))
    assert "In a line" in client.get("/issues").text
    (line,) = (json.loads(each) for each in issues("export").stdout.splitlines())
    assert (line["date"], line["subject"], line["preheader"]) == ("2023-03-03", "Old news", "In a line")
    assert line["body_html"].startswith("<h3>In court</h3>")
    assert "already there" in bring_in(tmp_path, line).stdout
    refused = bring_in(tmp_path, line | {"introduction": "Hello"})
    assert "body_html stands in for it, so leave one out" in refused.stderr


def test_what_is_no_export_of_theirs_is_said(tmp_path: Path) -> None:
    (path := tmp_path / "posts.json").write_text("[]")
    refused = issues("import", str(path), "--from", "keila")
    assert refused.exit_code == 1
    assert "digest: posts.json: It has no posts that an export of that service would have." in refused.stderr
    (tmp_path / "folder").mkdir()
    assert "no export of a service’s posts that is known" in issues("import", str(tmp_path / "folder")).stderr


def test_a_damaged_archive_is_refused_in_words_and_no_link_leads_out_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("posts.csv", "".join(f"{each**5}\n" for each in range(999)))
    content = path.read_bytes()
    path.write_bytes(content[:200] + bytes(60) + content[260:])
    assert "export.zip: posts.csv in it can’t be read" in issues("import", str(path)).stderr
    path.write_bytes(content.replace(b"PK\1\2", b"PK\0\0"))
    assert "export.zip: It is a damaged ZIP archive" in issues("import", str(path)).stderr
    (tmp_path / "page.html").write_text("<p>elsewhere</p>")
    (folder := tmp_path / "folder" / "posts").mkdir(parents=True)
    (folder.parent / "posts.csv").write_text(
        "post_id,post_date,is_published,type,audience,title\n1.a,2023-03-03,true,newsletter,everyone,A\n"
    )
    (folder / "1.a.html").symlink_to(tmp_path / "page.html")
    assert "its HTML file is not there" in issues("import", str(folder.parent)).stderr
