"""An editor's browser without JavaScript: opens a page, finds its token, sends its form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from digest.operations.people.password_hashing import hash_password
from digest.storage.base.database import Database
from digest.storage.people.editors import editor_by_id
from tests.factories import make_editor

PASSWORD = "seven quiet herons wade"
_TOKEN = re.compile(r'<input\b[^>]*\bname="csrf_token"[^>]*\bvalue="([^"]+)"')
"""Every form sent needs one; to read the whole page for it costs as much as the page does."""


@lru_cache
def _hashed() -> str:
    return hash_password(PASSWORD)


def make_editor_with_password(db: Database, email: str, name: str, is_admin: bool = False) -> int:
    """An editor who can sign in with PASSWORD; returns the id."""
    editor_id = make_editor(db, email, name, is_admin)
    with db.writing() as session:
        editor = editor_by_id(session, editor_id)
        assert editor is not None
        editor.password_hash = _hashed()
    return editor_id


def page(response: TestResponse) -> BeautifulSoup:
    """The page as a browser reads it."""
    return BeautifulSoup(response.text, "html.parser")


def one(within: Tag, selector: str) -> Tag:
    """The first element that a CSS selector finds."""
    found = within.select_one(selector)
    assert found is not None, f"nothing is {selector}"
    return found


def words(response: TestResponse) -> str:
    """What the page says."""
    return " ".join(page(response).get_text(" ").split())


class Browser:
    """One browser with its cookie."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, path: str) -> TestResponse:
        """GET."""
        return self.client.get(path)

    def token(self, path: str = "/desk/sign-in") -> str:
        """The CSRF token that the page at `path` holds; from wherever it redirects to."""
        found = _TOKEN.search(self.client.get(path, follow_redirects=True).text)
        assert found is not None, f"no form at {path}"
        return found[1]

    def send(
        self, path: str, come_from: str = "/desk/account", form: Mapping[str, object] | None = None, **fields: object
    ) -> TestResponse:
        """POST a form with the token that the page at `come_from` holds; `fields` go over the `form`."""
        return self.client.post(path, data={"csrf_token": self.token(come_from), **(form or {}), **fields})

    def sign_in(self, email: str, password: str = PASSWORD, **fields: object) -> TestResponse:
        """Sign in by the form."""
        return self.send("/desk/sign-in", "/desk/sign-in", fields, email=email, password=password)

    def cookie(self) -> str:
        """The session cookie's value."""
        found = self.client.get_cookie("digest_desk", path="/desk")
        assert found is not None
        return found.value
