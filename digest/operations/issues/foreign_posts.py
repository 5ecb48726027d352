"""Posts and campaigns of the services that readers come over from, read from what they export or answer.

Ghost, Substack, Mailchimp and Buttondown export all that was written; listmonk and Keila export no campaigns, so what
their APIs answer is read. Each becomes the same few values; whether it was public and went, the file tells.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from digest.domain.shared.slugs import slugify
from digest.operations.issues.export_files import ExportFiles
from digest.operations.issues.lexical import html_of_lexical
from digest.operations.shared.csv_dates import moment
from digest.operations.shared.refusal import Refused

_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n(.*)\Z", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


@dataclass(frozen=True)
class Post:
    """One post or campaign, as its service has it."""

    where: str
    """What it is called in the export, for people."""
    title: str
    went_at: datetime | None
    preheader: str = ""
    html: str = ""
    markdown: str = ""
    """In place of HTML."""
    fault: str = ""
    """Why it is no issue that anybody could read: a draft, a page, for payers only."""


def posts_in(files: ExportFiles, sender: str = "") -> Iterator[Post] | None:
    """The posts in an export, in its order; None where it is no service's that is known. `sender`: whose, if said.

    Raises Refused where `sender` was said, and it is not theirs.
    """
    found = _KINDS[sender](files) if sender else next((each for of in _KINDS.values() if (each := of(files))), None)
    if sender and found is None:
        raise Refused("It has no posts that an export of that service would have. Nothing was imported.")
    return found


# {"db": [{"meta": …, "data": {"posts": […], "posts_meta": […]}}]}, newer ones without db. A post: type (post, page),
# status (published, sent: only mailed; draft, scheduled), visibility (public, members, paid, tiers), title, html,
# lexical, custom_excerpt, published_at; its meta: email_subject.
def _ghost(files: ExportFiles) -> Iterator[Post] | None:
    for name in files.ending(".json"):
        found = _json(files, name)
        database = found.get("db") if isinstance(found, dict) else None
        data = database[0] if isinstance(database, list) and database else found
        data = data.get("data") if isinstance(data, dict) else None
        if isinstance(data, dict) and isinstance(data.get("posts"), list):
            meta = {each.get("post_id"): each for each in data.get("posts_meta") or ()}
            return (_ghost_post(post, meta.get(post.get("id")) or {}) for post in data["posts"])
    return None


def _ghost_post(post: Mapping[str, Any], meta: Mapping[str, Any]) -> Post:
    fault = ""
    if post.get("type", "post") != "post" or post.get("page"):
        fault = "a page"
    elif post.get("status") not in ("published", "sent"):
        fault = f"not published ({post.get('status')})"
    elif post.get("visibility") not in (None, "", "public"):
        fault = f"not for everybody ({post['visibility']})"
    title = _said(meta, "email_subject") or _said(post, "title")
    html = _said(post, "html") or html_of_lexical(_said(post, "lexical"))
    return Post(
        _said(post, "title"), title, _at(post, "published_at"), _said(post, "custom_excerpt"), html, fault=fault
    )


# posts.csv: post_id, post_date, is_published, email_sent_at, inbox_sent_at, type (newsletter, podcast, thread, page),
# audience (everyone, only_free, only_paid, founding), title, subtitle, podcast_url; posts/<post_id>.html.
def _substack(files: ExportFiles) -> Iterator[Post] | None:
    table = files.called("posts.csv")
    return (_substack_post(files, row) for row in _rows(files, table)) if table else None


def _substack_post(files: ExportFiles, row: Mapping[str, str]) -> Post:
    fault, page = "", files.called(f"{row.get('post_id', '')}.html".lower())
    if row.get("is_published", "").lower() != "true":
        fault = "not published"
    elif row.get("type") == "page":
        fault = "a page"
    elif row.get("audience", "everyone") != "everyone":
        fault = f"not for everybody ({row.get('audience')})"
    elif not page:
        fault = "its HTML file is not there"
    at = _at(row, "email_sent_at") or _at(row, "post_date")
    title, subtitle = row.get("title", ""), row.get("subtitle", "")
    return Post(row.get("post_id", ""), title, at, subtitle, files.text(page) if page else "", fault=fault)


# The account's export: campaigns.csv (Title, Subject, List, Send Date, …, Unique Id), and a folder campaigns_content
# with an HTML and a text file for each, called by its id or its title.
def _mailchimp(files: ExportFiles) -> Iterator[Post] | None:
    table = files.called("campaigns.csv")
    if not table:
        return None
    pages = [name for name in files.ending(".html", ".htm") if "campaigns_content" in name] or files.ending(
        ".html", ".htm"
    )
    return (_mailchimp_campaign(files, pages, row) for row in _rows(files, table))


def _mailchimp_campaign(files: ExportFiles, pages: list[str], row: Mapping[str, str]) -> Post:
    title, at = row.get("Subject") or row.get("Title", ""), _at(row, "Send Date")
    signs = [sign for sign in (row.get("Unique Id", "").lower(), slugify(row.get("Title", ""))) if sign]
    page = next((name for sign in signs for name in pages if _is_called(name, sign)), "")
    fault = "" if page else "its HTML file is not there"
    return Post(
        row.get("Title") or title, title, at, "", files.text(page) if page else "", fault=fault if at else "not sent"
    )


def _is_called(name: str, sign: str) -> bool:
    stem = PurePosixPath(name).stem
    return f"-{sign}-" in f"-{slugify(stem)}-" or stem.lower() == sign


# GET /api/campaigns: {"data": {"results": [{name, subject, body, altbody, content_type (richtext, html, markdown,
# plain, visual), status (finished, …), type (regular, optin), started_at, send_at, …}]}}.
def _listmonk(files: ExportFiles) -> Iterator[Post] | None:
    found = _entries(files, lambda each: "content_type" in each and "body" in each)
    return (_listmonk_campaign(each) for each in found) if found else None


def _listmonk_campaign(each: Mapping[str, Any]) -> Post:
    fault = "" if each.get("status") == "finished" else f"not sent ({each.get('status')})"
    if each.get("type") == "optin":
        fault = "a request to confirm"
    is_markdown = each.get("content_type") in ("markdown", "plain")
    body, at = _said(each, "body"), _at(each, "started_at") or _at(each, "send_at")
    return Post(
        _said(each, "name"), _said(each, "subject"), at,
        html="" if is_markdown else body, markdown=body if is_markdown else "", fault=fault,
    )  # fmt: skip


# GET /v1/emails: {"results": [{subject, body, publish_date, status (sent, imported, …), email_type (public, private,
# premium, …), description, …}]}; the export's emails.csv with the same columns; or a Markdown file each, with them in
# front of it. The body is Markdown, or HTML after <!-- buttondown-editor-mode: fancy -->.
def _buttondown(files: ExportFiles) -> Iterator[Post] | None:
    if answered := _entries(files, lambda each: "publish_date" in each and "body" in each):
        return map(_buttondown_email, answered)
    if table := files.called("emails.csv"):
        return map(_buttondown_email, _rows(files, table))
    pages = [found for name in files.ending(".md") if (found := _front_matter(files, name))]
    return map(_buttondown_email, pages) if pages else None


def _buttondown_email(each: Mapping[str, Any]) -> Post:
    fault, body = "", _said(each, "body")
    if each.get("status") not in (None, "", "sent", "imported", "archived"):
        fault = f"not sent ({each.get('status')})"
    elif each.get("email_type") not in (None, "", "public"):
        fault = f"not for everybody ({each.get('email_type')})"
    is_html = "buttondown-editor-mode: fancy" in body or body.lstrip().startswith("<")
    title, text = _said(each, "subject") or _said(each, "title"), _COMMENT.sub("", body)
    return Post(
        title, title, _at(each, "publish_date") or _at(each, "date"), _said(each, "description"),
        text if is_html else "", "" if is_html else text, fault,
    )  # fmt: skip


# GET /api/v1/campaigns: {"data": [{subject, preview_text, text_body, html_body, mjml_body, json_body, settings: {type:
# markdown, text, block, mjml, html}, sent_at, …}]}.
def _keila(files: ExportFiles) -> Iterator[Post] | None:
    found = _entries(files, lambda each: "sent_at" in each and ("text_body" in each or "html_body" in each))
    return (_keila_campaign(each) for each in found) if found else None


def _keila_campaign(each: Mapping[str, Any]) -> Post:
    at, html, text = (
        _at(each, "sent_at"),
        _said(each, "html_body") or _said(each, "mjml_body"),
        _said(each, "text_body"),
    )
    title = _said(each, "subject")
    return Post(title, title, at, _said(each, "preview_text"), html, "" if html else text, "" if at else "not sent")


_KINDS: Mapping[str, Callable[[ExportFiles], Iterator[Post] | None]] = {
    "ghost": _ghost,
    "substack": _substack,
    "mailchimp": _mailchimp,
    "listmonk": _listmonk,
    "buttondown": _buttondown,
    "keila": _keila,
}


def _entries(files: ExportFiles, fits: Callable[[Mapping[str, Any]], bool]) -> list[Mapping[str, Any]]:
    """The objects in lists of API answers, one file a page of them, if the first is of this kind."""
    found = list[Mapping[str, Any]]()
    for name in files.ending(".json"):
        said = _json(files, name)
        for key in ("data", "results"):
            said = said[key] if isinstance(said, dict) and key in said else said
        some = [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
        found += some if some and fits(some[0]) else []
    return found


def _json(files: ExportFiles, name: str) -> Any:
    try:
        return json.loads(files.text(name))
    except (ValueError, RecursionError):
        return None


def _rows(files: ExportFiles, name: str) -> Iterator[Mapping[str, str]]:
    """A cell may hold a whole issue, which is longer than Python's reader expects of any."""
    text = files.text(name)
    usual = csv.field_size_limit(max(len(text), csv.field_size_limit()))
    try:
        found = list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise Refused(f"{name} can’t be read as CSV ({error}). Nothing was imported.") from None
    finally:
        csv.field_size_limit(usual)
    return ({key: value or "" for key, value in row.items() if key} for row in found)


def _front_matter(files: ExportFiles, name: str) -> Mapping[str, str]:
    """What stands in front of a Markdown file, by name, and its text as `body`; nothing where nothing does."""
    found = _FRONT_MATTER.match(files.text(name))
    if not found:
        return {}
    pairs = (line.partition(":") for line in found[1].splitlines() if ":" in line and not line.startswith((" ", "-")))
    return {key.strip(): value.strip().strip("'\"") for key, _, value in pairs} | {"body": found[2]}


def _said(each: Mapping[str, Any], key: str) -> str:
    value = each.get(key)
    return value.replace("\0", "") if isinstance(value, str) else ""


def _at(each: Mapping[str, Any], key: str) -> datetime | None:
    try:
        return moment(key, _said(each, key).strip())
    except ValueError:
        return None
