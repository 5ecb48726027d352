"""The desk's cast: Ada is an admin, Alice an editor, and a stranger has no account."""

from __future__ import annotations

import pytest
from flask import Flask

from digest.storage.base.database import Database
from tests.web.browser import Browser, make_editor_with_password


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Nobody is signed in here."""
    return Browser(app.test_client())


@pytest.fixture
def alice_id(db: Database) -> int:
    """Alice's account."""
    return make_editor_with_password(db, "alice@digest.test", "Alice")


@pytest.fixture
def alice(app: Flask, alice_id: int) -> Browser:  # noqa: ARG001
    """Alice, signed in."""
    browser = Browser(app.test_client())
    assert browser.sign_in("alice@digest.test").status_code == 303
    return browser


@pytest.fixture
def ada_id(db: Database) -> int:
    """Ada's account."""
    return make_editor_with_password(db, "ada@digest.test", "Ada", is_admin=True)


@pytest.fixture
def ada(app: Flask, ada_id: int) -> Browser:  # noqa: ARG001
    """Ada, signed in."""
    browser = Browser(app.test_client())
    assert browser.sign_in("ada@digest.test").status_code == 303
    return browser
