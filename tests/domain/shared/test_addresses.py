"""What may be an email address, and what makes two of them the same."""

from __future__ import annotations

import socket

import pytest

from digest.domain.shared.addresses import (
    BadAddress,
    as_held,
    key_of,
    masked,
    parse,
    parse_in_file,
    unmailable,
    unmailable_among,
)
from tests.hostile import ADDRESSES


@pytest.mark.parametrize(
    ("entered", "key"),
    [
        ("alice@example.org", "alice@example.org"),
        ("  alice@example.org\n", "alice@example.org"),
        ("Alice@Example.ORG", "alice@example.org"),
        ("alice+digest@example.org", "alice+digest@example.org"),
        ("editor@digest.test", "editor@digest.test"),
        ("o'neil@example.org", "o'neil@example.org"),
        ("dpo@bücher.example", "dpo@xn--bcher-kva.example"),
        ("dpo@BÜCHER.example", "dpo@xn--bcher-kva.example"),
        ("dpo@xn--bcher-kva.example", "dpo@xn--bcher-kva.example"),
        ("dpo@例え.テスト.example", "dpo@xn--r8jz45g.xn--zckzah.example"),
    ],
)
def test_key_is_the_lower_cased_idna_form(entered: str, key: str) -> None:
    assert parse(entered).key == key
    assert parse_in_file(entered) == parse(entered)


def test_shown_form_keeps_how_the_domain_is_read() -> None:
    assert parse("Dpo@bücher.example").shown == "Dpo@bücher.example"


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "   ",
        "alice",
        "@example.org",
        "alice@",
        "alice@@example.org",
        "alice@example",
        "alice@localhost",
        "alice@test",
        "alice@intranet.local",
        "alice@example..org",
        "alice@.example.org",
        ".alice@example.org",
        "alice.@example.org",
        "alice bob@example.org",
        "alice@exam ple.org",
        "alice@-example.org",
        "alice@[127.0.0.1]",
        "Alice <alice@example.org>",
        "alice@example.org, bob@example.org",
        "alice@example.org;bob@example.org",
        '"alice bob"@example.org',
        "älice@example.org",
        "alice@example.org\r\nBcc: bob@example.org",
        "alice@example.org\nBcc: bob@example.org",
        "alice\r\n@example.org",
        "alice@exam\rple.org",
        "alice@example.org\x00",
        "alice\x07@example.org",
        "alice\u2028@example.org",
        "alice\u202e@example.org",
        "alice\ud800@example.org",
        "alice@example.org\u200b",
        "alice\u200d@example.org",
        "alice@exa\u00admple.org",
        "alice@exa\u2060mple.org",
        "\u202aalice@example.org\u202c",
        "alice@example\ufe0f.org",
        "alice@xn--example-2z6c.org",
        *ADDRESSES,
        "a" * 65 + "@example.org",
        "alice@" + "a" * 64 + ".org",
        "a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".org",
        "a" * 100_000 + "@example.org",
    ],
)
def test_what_cannot_be_an_address_is_refused_in_one_sentence_for_people(entered: str) -> None:
    with pytest.raises(BadAddress) as refused:
        parse(entered)
    told = str(refused.value)
    assert told.endswith(".")
    assert len(told) < 400
    assert all(character.isprintable() for character in told)
    with pytest.raises(BadAddress) as refused_in_a_file:
        parse_in_file(entered)
    assert str(refused_in_a_file.value) == told


def test_no_name_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("a name server was asked")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    monkeypatch.setattr(socket.socket, "connect", asked)
    monkeypatch.setattr(socket.socket, "sendto", asked)
    assert parse("alice@no-such-domain.example").key == "alice@no-such-domain.example"


@pytest.mark.parametrize(
    ("address", "shown"),
    [("alice@example.org", "a***@example.org"), ("@example.org", "***@example.org"), ("alice", "***@alice")],
)
def test_masked_address_hides_who_it_is(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_encoded_word_is_named_in_the_refusal() -> None:
    with pytest.raises(BadAddress, match="=\\?"):
        parse(ADDRESSES[0])


def test_bounce_still_finds_a_reader_whom_an_older_version_took_in() -> None:
    assert key_of(ADDRESSES[0]) == ADDRESSES[0].lower()
    assert as_held(f" {ADDRESSES[0]} ").key == ADDRESSES[0].lower()


@pytest.mark.parametrize("entered", ["alice", "ali\nce@example.org", "=?utf-8?q?a\u200b?=@example.net"])
def test_what_was_never_taken_in_is_not_held(entered: str) -> None:
    with pytest.raises(BadAddress):
        as_held(entered)


@pytest.mark.parametrize(
    "address",
    [
        ADDRESSES[0],
        "a@example.net\nBcc: eve@example.net",
        "a@example.net, eve@example.net",
        "Eve <eve@example.net>",
        "a\x00@example.net",
        "a\u2028@example.net",
        "alice",
        "",
    ],
)
def test_no_message_is_made_to_what_is_more_or_less_than_an_address(address: str) -> None:
    assert unmailable(address).isprintable()
    assert list(unmailable_among(["alice@example.org", address, "bob@example.org"])) == [1]
    assert unmailable("o'neil+a=b@example.org") == ""
    assert unmailable_among(["a=@example.org", "?b@example.org"]) == {}
