"""What logs may never show: keys, readers' links, addresses."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy.exc import IntegrityError

from digest.cli.logs import Redacting, redacted
from digest.config import Settings
from digest.domain.tokens import Purpose, new_key, seal
from digest.storage.database import Database
from tests.factories import make_subscriber


def test_keys_links_and_addresses_are_taken_out() -> None:
    token = seal(Purpose.UNSUBSCRIBE, new_key(), "secret")
    said = redacted(
        f"POST /unsubscribe/{token} by zoe@example.org with Bearer SG.abcdefghijk.lmnop and SG.qrstuvwxyz123"
    )
    assert said == "POST /unsubscribe/[token] by z***@example.org with Bearer [secret] and [secret]"


def test_traces_are_redacted_too() -> None:
    try:
        raise ValueError("zoe@example.org")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), (type(error), error, error.__traceback__))
    assert "zoe@" not in Redacting("%(message)s").format(record)
    assert "z***@example.org" in Redacting("%(message)s").format(record)


def test_a_database_error_does_not_name_the_address(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    with pytest.raises(IntegrityError) as caught:
        make_subscriber(db, settings, "zoe@example.org")
    assert "zoe@example.org" not in str(caught.value)
