"""What stands in a header is read back as the text that it was, and as nothing else."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from digest.mail.outgoing.headers import HeaderLine, mailbox_line, text_line
from digest.mail.outgoing.making import Unmakeable
from tests.hostile import TEXTS


def read_back(line: HeaderLine) -> EmailMessage:
    """A message with this one header, as a mail program reads it."""
    message = EmailMessage(policy=SMTP)
    message[line.name] = line
    message.set_content("x")
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    assert read.keys() == [line.name, "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    return read


@pytest.mark.parametrize("text", [*TEXTS, "plain", " edges ", "two  spaces", "x" * 2000, "é" * 300, "😀 " * 100])
def test_text_is_read_back_as_it_was(text: str) -> None:
    assert read_back(text_line("Subject", text))["Subject"] == text


@pytest.mark.parametrize("name", [*TEXTS, "Jones, Smith & Co. <press@example.net>", 'The "Digest"', "a@b.example"])
def test_name_stays_a_name_beside_its_one_address(name: str) -> None:
    header = read_back(mailbox_line("From", "editor@digest.test", name))["From"]
    (mailbox,) = header.addresses
    assert (mailbox.display_name, mailbox.addr_spec) == (name, "editor@digest.test")


def test_lines_are_as_short_as_encoded_words_must_be() -> None:
    folded: str = text_line("Subject", "Größe " * 60).fold(policy=SMTP)
    assert max(map(len, folded.splitlines())) <= 78


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\t", "\x1b", "\x85", "\u2028", "\u2029", "\ud800"])
def test_control_is_refused_and_named(character: str) -> None:
    makers: tuple[Callable[[], HeaderLine], ...] = (
        lambda: text_line("Subject", f"a{character}Bcc: eve@example.net"),
        lambda: mailbox_line("From", "editor@digest.test", f"a{character}b"),
        lambda: mailbox_line("To", f"a{character}@digest.test"),
    )
    for make in makers:
        with pytest.raises(Unmakeable, match=rf"U\+{ord(character):04X}") as refused:
            make()
        assert str(refused.value).isprintable()
        assert "eve" not in str(refused.value)


@pytest.mark.parametrize("address", [f"{word}@example.net" for word in TEXTS] + ["a@b.example, c@d.example"])
def test_no_line_is_made_for_what_is_more_than_an_address(address: str) -> None:
    with pytest.raises(Unmakeable):
        mailbox_line("To", address)


@pytest.mark.parametrize("name", ["", "X: y", "X\r\nBcc", "Größe"])
def test_header_has_a_name(name: str) -> None:
    with pytest.raises(Unmakeable):
        text_line(name, "x")
