"""What a POST of SendGrid's says: read strictly, and never fallen over."""

from __future__ import annotations

import json
import string
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.sendgrid.events import (
    SIGNATURE,
    TIMESTAMP,
    Args,
    Event,
    Ground,
    Kind,
    NotEvents,
    is_recent,
    is_sendgrids,
    parse,
)
from tests.loopback.events import SHAPES, body_of, event_of
from tests.loopback.journal import Copy, Received
from tests.loopback.webhook import FORGER, public_key, signed_headers

NOW = datetime(2024, 5, 17, 7, 5, tzinfo=UTC)
AT = datetime(2024, 5, 17, 7, 0, tzinfo=UTC)
ATTEMPT = "0123456789abcdef" * 2
ARGS = {"digest_issue": "2024-05-17", "digest_batch": "7", "digest_attempt": ATTEMPT, "digest_delivery": "42"}
BODY = b'[{"email":"alice@example.org","event":"processed"}]\r\n'
STAMP = "1715929500"


def told(name: str, **changes: object) -> Event | None:
    """What is read of one event of Alice's copy, with some fields changed; None leaves a field out."""
    received = Received(0, 0.0, "POST", "", 202, True, True, message_id="abc")
    event = event_of(Copy("alice@example.org", ARGS), name, received, int(AT.timestamp()))
    changed = {key: value for key, value in (event | changes).items() if value is not None}
    found = parse(body_of([changed]), NOW)
    return found[0] if found else None


def test_an_event_as_sendgrid_writes_it() -> None:
    assert told("bounce") == Event(
        kind=Kind.BOUNCED,
        address="alice@example.org",
        at=AT,
        reason="550 5.1.1 The account does not exist",
        ground=Ground.BOUNCE,
        args=Args(date(2024, 5, 17), 7, ATTEMPT, 42),
        message=None,
        bare=False,
    )


KINDS: dict[str, tuple[Kind, Ground | None]] = {
    "processed": (Kind.PROCESSED, None),
    "deferred": (Kind.DEFERRED, None),
    "delivered": (Kind.DELIVERED, None),
    "bounce": (Kind.BOUNCED, Ground.BOUNCE),
    "blocked": (Kind.BLOCKED, None),
    "dropped": (Kind.DROPPED, Ground.BOUNCE),
    "dropped spam": (Kind.DROPPED, Ground.COMPLAINT),
    "dropped invalid": (Kind.DROPPED, Ground.INVALID),
    "dropped unsubscribed": (Kind.DROPPED, Ground.LEFT),
    "dropped content": (Kind.DROPPED, None),
    "spamreport": (Kind.COMPLAINED, Ground.COMPLAINT),
    "unsubscribe": (Kind.LEFT, Ground.LEFT),
    "group_unsubscribe": (Kind.LEFT, Ground.LEFT),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_word_of_sendgrids_has_its_meaning(name: str) -> None:
    event = told(name)
    assert event is not None
    assert (event.kind, event.ground) == KINDS[name]


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - KINDS.keys()))
def test_what_we_do_not_take_is_left_out(name: str) -> None:
    assert told(name) is None


def test_an_invalid_header_is_not_an_invalid_address() -> None:
    event = told("dropped", reason="Invalid SMTPAPI header")
    assert event is not None
    assert event.ground is None


@pytest.mark.parametrize("type_", [None, "", "bounce"])
def test_a_bounce_is_hard_unless_its_type_says_otherwise(type_: str | None) -> None:
    event = told("bounce", type=type_)
    assert event is not None
    assert event.kind is Kind.BOUNCED
    soft = told("bounce", type="expired")
    assert soft is not None
    assert (soft.kind, soft.ground) == (Kind.BLOCKED, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"digest_issue": "Friday"},
        {"digest_issue": None},
        {"digest_batch": 7},
        {"digest_batch": "-7"},
        {"digest_batch": "9" * 19},
        {"digest_batch": "٧"},
        {"digest_attempt": "A" * 32},
        {"digest_attempt": ATTEMPT + "\n"},
        {"digest_delivery": ["42"]},
        {"digest_delivery": ""},
    ],
    ids=repr,
)
def test_args_count_only_whole(changes: dict[str, object]) -> None:
    event = told("delivered", **changes)
    assert event is not None
    assert event.args is None
    assert not event.bare


def test_only_an_event_that_names_no_message_is_bare() -> None:
    nameless = dict.fromkeys([*ARGS, "sg_message_id", "smtp-id"])
    event = told("bounce", **nameless)
    assert event is not None
    assert event.bare
    for one in ("sg_message_id", "digest_batch", "digest_message"):
        named = told("bounce", **(nameless | {one: "00000012-confirmation"}))
        assert named is not None
        assert not named.bare
        assert named.message == (12 if one == "digest_message" else None)


@pytest.mark.parametrize("seconds", [None, "1715929200", -1, 0, 1e300, 10**30, True, [], 1715929200.5, 1715929501])
def test_an_impossible_time_is_now(seconds: object) -> None:
    event = told("delivered", timestamp=seconds)
    assert event is not None
    assert event.at == NOW


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("550 <alice@example.org>: no", "550 (address) no"),
        ("smtp;alice@example.org\r\nwas here\x00\u202e", "(address) was here"),
        ("a@b c@d", "(address) (address)"),
        ("x" * 10_000, "x" * 500),
        ("@" * 1_000_000, "@" * 500),
        ("\ud800 lone", "lone"),
        (["550"], ""),
        (550, ""),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_reason_is_one_short_line_without_addresses(words: object, kept: str) -> None:
    event = told("bounce", reason=words, response=None)
    assert event is not None
    assert event.reason == kept


@pytest.mark.parametrize("email", [None, 1, "", "alice", "@", "a@b\x00", "a b@c.de", "a" * 255 + "@b.cd", "ä@", []])
def test_an_event_without_an_address_is_left_out(email: object) -> None:
    assert told("bounce", email=email) is None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'"[]"', b"[", b"\xff\xfe", b"[" * 200_000, b"[" + b"9" * 5_000 + b"]", b"\x00"]
)
def test_what_is_no_array_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotEvents):
        parse(body, NOW)


def test_what_is_no_event_is_left_out() -> None:
    assert parse(b'[1, null, "x", [], {}, {"event": 1, "email": 2}, {"event": ["bounce"]}]', NOW) == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    [*SHAPES["bounce"], *ARGS, "email", "timestamp", "response", "sg_message_id", "digest_message"]
)
events = st.dictionaries(fields, anything | st.sampled_from([*SHAPES, "a@b.cd", "2024-05-17", ATTEMPT, "7"]))


@given(st.lists(events | anything, max_size=4))
def test_whatever_comes_is_read_without_falling_over(found: list[object]) -> None:
    for event in parse(json.dumps(found).encode(), NOW):
        assert isinstance(event.kind, Kind)
        event.reason.encode()
        assert event.at <= NOW


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_refused_in_our_own_words(body: bytes) -> None:
    try:
        parse(body, NOW)
    except NotEvents as error:
        assert str(error)


def test_sendgrids_signature_counts() -> None:
    headers = signed_headers(BODY, STAMP)
    assert is_sendgrids(BODY, headers[SIGNATURE], headers[TIMESTAMP], public_key())
    assert not is_sendgrids(BODY.strip(), headers[SIGNATURE], STAMP, public_key())
    assert not is_sendgrids(BODY, headers[SIGNATURE], "1715929501", public_key())
    assert not is_sendgrids(BODY, headers[SIGNATURE], STAMP, public_key(FORGER))


SIGNED = signed_headers(BODY, STAMP)[SIGNATURE]


@given(st.integers(0, len(BODY) * 8 - 1))
def test_a_flipped_bit_of_the_body_does_not_count(bit: int) -> None:
    assert not is_sendgrids(flipped(BODY, bit), SIGNED, STAMP, public_key())


@given(st.integers(0, len(SIGNED) * 8 - 1))
def test_a_flipped_bit_of_the_signature_does_not_count(bit: int) -> None:
    assert not is_sendgrids(BODY, flipped(SIGNED.encode(), bit).decode("latin-1"), STAMP, public_key())


def test_the_same_signature_spelt_otherwise_does_not_count() -> None:
    signature = next(one for one in iter(lambda: signed_headers(BODY, STAMP)[SIGNATURE], "") if one.endswith("="))
    kept = signature.rstrip("=")
    spelt = kept[:-1] + ALPHABET[ALPHABET.index(kept[-1]) + 1] + signature[len(kept) :]
    assert b64decode(spelt) == b64decode(signature)
    assert is_sendgrids(BODY, signature, STAMP, public_key())
    for other in (spelt, kept, signature + "\n", f" {signature}", signature.replace("=", "")):
        assert not is_sendgrids(BODY, other, STAMP, public_key())


ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


@given(st.text(max_size=120))
def test_nonsense_for_a_signature_does_not_count(signature: str) -> None:
    assert not is_sendgrids(BODY, signature, STAMP, public_key())


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (timedelta(0), True),
        (timedelta(hours=24, minutes=59), True),
        (timedelta(hours=25, seconds=1), False),
        (-timedelta(minutes=4), True),
        (-timedelta(minutes=6), False),
    ],
)
def test_a_post_counts_for_25_hours(age: timedelta, counts: bool) -> None:
    assert is_recent(str(int((NOW - age).timestamp())), NOW) is counts


@pytest.mark.parametrize("timestamp", ["", "now", "1715929500.0", "-1", "9" * 18, "9" * 12, "١٧", "1715929500 "])
def test_a_time_that_is_none_does_not_count(timestamp: str) -> None:
    assert not is_recent(timestamp, NOW)
