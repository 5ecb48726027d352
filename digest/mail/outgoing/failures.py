"""What went wrong on the road, in words that an operator can act on."""

from __future__ import annotations

import http.client
import socket
import ssl

import urllib3.exceptions as pool

from digest.mail.outgoing.deadline import DeadlinePassed

_WORDS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((socket.gaierror, pool.NameResolutionError), "its name has no address"),
    ((ssl.SSLCertVerificationError,), "its certificate is not trusted"),
    ((DeadlinePassed,), "the deadline has passed"),
    ((pool.NewConnectionError,), "no connection"),  # before the timeouts, of which it is said to be one
    ((TimeoutError, pool.TimeoutError), "no answer in time"),
    ((ConnectionRefusedError,), "connection refused"),
    ((ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected), "the connection was cut"),
    ((pool.SSLError,), "no secure connection"),
)


def in_words(error: Exception) -> str:
    """The failure of a connection, without names of classes; what is not foreseen, as the error says it itself."""
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    return getattr(error, "strerror", None) or str(error) or "it broke off"
