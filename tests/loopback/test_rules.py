"""The rules refuse what SendGrid refuses, name the culprit as it does, and let our own requests through."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from .inbox import mails_in
from .policy import policy_faults
from .rules import faults_in

NOW = 1_700_000_000.0
Payload = dict[str, Any]


def reader(number: int = 0) -> Payload:
    """One reader's part of a digest that is in order."""
    return {
        "to": [{"email": f"reader{number}@example.org"}],
        "headers": {
            "List-Unsubscribe": f"<https://digest.example.org/unsubscribe/{number}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "substitutions": {"[way-out]": f"https://digest.example.org/unsubscribe/{number}"},
        "custom_args": {
            "digest_issue": "2026-05-15",
            "digest_batch": "1",
            "digest_attempt": "8d3c",
            "digest_delivery": str(number),
        },
    }


def digest(readers: int = 2) -> Payload:
    """A digest that is in order."""
    off = {"enable": False}
    return {
        "personalizations": [reader(number) for number in range(readers)],
        "from": {"email": "digest@example.org", "name": "Privacy Digest"},
        "subject": "Four rulings and a fine",
        "content": [
            {"type": "text/plain", "value": "Leave: [way-out]"},
            {"type": "text/html", "value": '<a href="[way-out]">Leave</a>'},
        ],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": off,
            "subscription_tracking": off,
            "ganalytics": off,
        },
    }


def fields(payload: object) -> list[str | None]:
    return [error.field for error in faults_in(payload, now=NOW)]


def first(payload: Payload) -> Payload:
    one: Payload = payload["personalizations"][0]
    return one


def test_a_digest_in_order_is_accepted_and_keeps_our_promises() -> None:
    assert faults_in(digest(1000), now=NOW) == []
    assert policy_faults(digest(1000)) == []


AT = "personalizations.0."
BREACHES: list[tuple[str, Callable[[Payload], object], str | None]] = [
    ("no personalization", lambda p: p.update(personalizations=[]), "personalizations"),
    ("1001 of them", lambda p: p.update(digest(1001)), "personalizations"),
    ("no reader", lambda p: first(p).update(to=[]), AT + "to"),
    ("two readers too many", lambda p: p.update(crowded()), "personalizations"),
    (
        "an address twice",
        lambda p: first(p).update(cc=[{"email": "READER1@example.org"}]),
        "personalizations",
    ),
    ("a name with a comma", lambda p: first(p)["to"][0].update(name="Doe, J"), AT + "to.0.name"),
    ("custom arg not text", lambda p: first(p)["custom_args"].update(digest_batch=1), None),
    ("custom args too heavy", lambda p: first(p).update(custom_args={"a": "x" * 9_999}), AT + "custom_args"),
    ("shared args too heavy", lambda p: p.update(custom_args={"a": "é" * 5_000}), AT + "custom_args"),
    ("tags too heavy", lambda p: first(p).update(substitutions={"[a]": "x" * 9_999}), AT + "substitutions"),
    ("a tag with a space", lambda p: first(p).update(substitutions={"[a b]": "x"}), AT + "substitutions"),
    ("a value not text", lambda p: first(p).update(substitutions={"[a]": 1}), AT + "substitutions.[a]"),
    ("a key we made up", lambda p: p.update(idempotency_key="x"), "idempotency_key"),
    ("content per reader", lambda p: first(p).update(content=[]), AT + "content"),
    ("an unknown tracker", lambda p: p["tracking_settings"].update(pixel={}), "tracking_settings.pixel"),
    (
        "a reserved header",
        lambda p: first(p)["headers"].update({"Reply-To": "a@b.cd"}),
        AT + "headers.Reply-To",
    ),
    ("a header in two lines", lambda p: p.update(headers={"List-Id": "a\r\nBcc: b"}), "headers.List-Id"),
    ("html first", lambda p: p["content"].reverse(), "content"),
    ("an empty part", lambda p: p["content"][0].update(value=""), "content.0.value"),
    ("no content", lambda p: p.pop("content"), "content"),
    ("no subject", lambda p: p.pop("subject"), "subject"),
    ("a subject in two lines", lambda p: p.update(subject="a\nb"), "subject"),
    ("no sender", lambda p: p.pop("from"), "from"),
    ("a sender without a domain", lambda p: p.update({"from": {"email": "digest"}}), "from.email"),
    ("another domain", lambda p: first(p).update({"from": {"email": "a@b.example"}}), AT + "from.email"),
    ("eleven categories", lambda p: p.update(categories=[str(n) for n in range(11)]), "categories"),
    ("a category twice", lambda p: p.update(categories=["a", "a"]), "categories"),
    ("a category beyond ASCII", lambda p: p.update(categories=["Zürich"]), "categories.0"),
    ("too far ahead", lambda p: p.update(send_at=int(NOW) + 72 * 3600 + 1), "send_at"),
    ("a list for an object", lambda p: p.update({"from": []}), "from"),
    ("a text for a reader", lambda p: first(p).update(to=["a@b.cd"]), AT + "to.0"),
]


def crowded() -> Payload:
    return {"personalizations": [{"to": [{"email": f"r{n}@example.org"} for n in range(1001)]}]}


@pytest.mark.parametrize(("change", "field"), [b[1:] for b in BREACHES], ids=[b[0] for b in BREACHES])
def test_a_breach_is_refused_and_the_field_named(change: Callable[[Payload], object], field: str | None) -> None:
    payload = digest()
    change(payload)
    assert field in fields(payload)


@pytest.mark.parametrize(
    "address", ["", "bob", "bob@", "@b.cd", "a b@c.de", "a@b", "a..b@c.de", "jürg@c.de", "a@-b.cd"]
)
def test_one_invalid_address_is_named_by_its_place(address: str) -> None:
    payload = digest()
    payload["personalizations"][1]["to"][0]["email"] = address
    assert fields(payload) == ["personalizations.1.to.0.email"]


@pytest.mark.parametrize("address", ["a+b@c.de", "o'hara@sub.example.co.uk", "x@xn--bcher-kva.xn--p1ai", "1@2.museum"])
def test_usual_addresses_are_valid(address: str) -> None:
    payload = digest()
    payload["personalizations"][1]["to"][0]["email"] = address
    assert fields(payload) == []


def test_an_address_may_be_refused_although_it_looks_well() -> None:
    errors = faults_in(digest(), refused={"reader1@example.org"})
    assert [error.field for error in errors] == ["personalizations.1.to.0.email"]


def test_subjects_for_each_reader_replace_the_common_one() -> None:
    payload = digest()
    del payload["subject"]
    for one in payload["personalizations"]:
        one["subject"] = "Yours"
    assert fields(payload) == []


@pytest.mark.parametrize("payload", [None, [], "text", {}])
def test_what_is_no_message_is_refused(payload: object) -> None:
    assert faults_in(payload)


BROKEN_PROMISES: list[tuple[str, Callable[[Payload], object]]] = [
    ("click_tracking.enable_text", lambda p: p["tracking_settings"]["click_tracking"].pop("enable_text")),
    ("open_tracking", lambda p: p.pop("tracking_settings")),
    ("asm", lambda p: p.update(asm={"group_id": 1})),
    ("holds an address", lambda p: p.update(custom_args={"who": "bob@example.org"})),
    ("lacks digest_attempt", lambda p: first(p)["custom_args"].pop("digest_attempt")),
    ("no List-Unsubscribe with", lambda p: first(p)["headers"].pop("List-Unsubscribe")),
    ("another reader", lambda p: first(p).update(headers=p["personalizations"][1]["headers"])),
    ("for one click", lambda p: first(p)["headers"].pop("List-Unsubscribe-Post")),
    ("tag [way-out]", lambda p: first(p)["headers"].update({"List-Unsubscribe": "<https://a.b/[way-out]>"})),
]


@pytest.mark.parametrize(("words", "change"), BROKEN_PROMISES)
def test_a_broken_promise_is_told(words: str, change: Callable[[Payload], object]) -> None:
    payload = digest()
    change(payload)
    assert any(words in fault for fault in policy_faults(payload))


def test_a_single_message_needs_no_way_out() -> None:
    payload = digest(1)
    payload["personalizations"] = [{"to": [{"email": "alice@example.org"}]}]
    assert policy_faults(payload) == []


def test_readers_get_their_own_values_but_not_in_headers() -> None:
    payload = digest(1)
    first(payload)["substitutions"] = {"[a]": "[ab]", "[ab]": "two"}
    payload |= {"subject": "[a] [ab]", "headers": {"List-Id": "[a]"}}
    (mail,) = mails_in(payload)
    assert mail.subject == "[ab] two"
    assert mail.headers["List-Id"] == "[a]"
    assert mail.text == "Leave: [way-out]"


def test_a_full_request_is_checked_within_a_few_milliseconds() -> None:
    payload = digest(1000)
    took = min(_seconds(lambda: faults_in(payload, now=NOW)) for _ in range(5))
    assert took < 0.05


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
