"""What may be an email address, and what makes two of them the same."""

from __future__ import annotations

import socket

import pytest

from digest.domain.addresses import BadAddress, masked, parse


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
