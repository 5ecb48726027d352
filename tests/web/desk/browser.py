"""An editor's browser without JavaScript: opens a page, finds its token, sends its form."""

from __future__ import annotations

from functools import lru_cache

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from digest.operations.signing_in import hash_password
from digest.storage.database import Database
from digest.storage.editors import editor_by_id
from tests.factories import make_editor

PASSWORD = "seven quiet herons wade"


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
        found = page(self.client.get(path, follow_redirects=True)).find("input", {"name": "csrf_token"})
        assert found is not None, f"{path} has no form"
        return str(found["value"])

    def send(self, path: str, token_from: str = "/desk/account", **fields: object) -> TestResponse:
        """POST a form with a token fetched from a page."""
        return self.client.post(path, data={"csrf_token": self.token(token_from), **fields})

    def sign_in(self, email: str, password: str = PASSWORD, **fields: object) -> TestResponse:
        """Sign in by the form."""
        return self.send("/desk/sign-in", "/desk/sign-in", email=email, password=password, **fields)

    def cookie(self) -> str:
        """The session cookie's value."""
        found = self.client.get_cookie("digest_desk", path="/desk")
        assert found is not None
        return found.value
