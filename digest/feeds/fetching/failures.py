"""What the net and other people's servers get wrong, in words for an editor."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator

import urllib3.exceptions

from digest.feeds.fetching.unreachable import Obstacle, Unreachable

_CUT_OFF = (OSError, http.client.IncompleteRead, urllib3.exceptions.IncompleteRead)


@contextlib.contextmanager
def in_words(host: str) -> Iterator[None]:
    """What goes wrong inside is raised as Unreachable, in words about `host`."""
    try:
        yield
    except Unreachable:
        raise
    except (urllib3.exceptions.SSLError, ssl.SSLError, ssl.CertificateError) as error:
        raise _unsafe(host, error) from None
    except (TimeoutError, urllib3.exceptions.TimeoutError):
        raise Unreachable(
            f"{host} did not answer in full within the time it is given. It is tried again.", Obstacle.TOO_SLOW
        ) from None
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, ValueError) as error:
        raise _cut_off(host, error) from None
    except OSError as error:
        raise Unreachable(
            f"{host} can’t be reached ({error.strerror or 'no connection'}). It is tried again; if that "
            "lasts, look whether the site has moved."
        ) from None


def _unsafe(host: str, error: Exception) -> Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError | ssl.CertificateError):
        why = getattr(error, "verify_message", "") or "it is not the site’s"
        return Unreachable(
            f"The certificate of {host} can’t be trusted ({why}). Open it in a browser; if that warns too, tell its "
            "publisher.",
            Obstacle.CERTIFICATE,
        )
    return Unreachable(f"No secure connection to {host} came about. It is tried again.", Obstacle.UNREACHED)


def _cut_off(host: str, error: Exception) -> Unreachable:
    cause = error.args[-1] if isinstance(error, urllib3.exceptions.ProtocolError) and error.args else error
    if isinstance(cause, _CUT_OFF):
        words = f"{host} ended the connection before its answer was whole. It is tried again."
    else:
        words = (
            f"What {host} answers is no HTTP that can be read. It is tried again; if that lasts, tell its publisher."
        )
    return Unreachable(words, Obstacle.GARBLED)
