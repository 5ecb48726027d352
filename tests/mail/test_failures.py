"""What an operator reads when a connection failed."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest

from digest.mail.outgoing.deadline import DeadlinePassed
from digest.mail.outgoing.failures import in_words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name has no address"),
        (ssl.SSLCertVerificationError("certificate verify failed"), "its certificate is not trusted"),
        (DeadlinePassed("the deadline has passed"), "the deadline has passed"),
        (TimeoutError("timed out"), "no answer in time"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (http.client.RemoteDisconnected("Remote end closed connection"), "the connection was cut"),
        (OSError(), "it broke off"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
        (http.client.HTTPException("the answer ended within its body"), "the answer ended within its body"),
    ],
)
def test_a_failure_in_words(error: Exception, words: str) -> None:
    assert in_words(error) == words
