"""From a host's name to the addresses that may be dialled: asked once for each request, and all of them vetted."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from itertools import chain, zip_longest

from digest.feeds.fetching.public import Network, is_named, may_be_reached
from digest.feeds.fetching.targets import USUAL_PORTS, Target
from digest.feeds.fetching.unreachable import Obstacle, Unreachable, refusal

Resolver = Callable[[str, int], Sequence[str]]
"""From host and port to addresses as text; raises socket.gaierror."""

_MOST_TRIED = 4


def system_resolver(host: str, port: int) -> Sequence[str]:
    """What this machine's own look-up says (getaddrinfo(3), so /etc/hosts too)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def vetted(target: Target, networks: Sequence[Network], resolver: Resolver, patience: float) -> Sequence[str]:
    """The addresses to dial, in turn, for a target: at most four, IPv6 and IPv4 by turns (RFC 8305).

    Raises Unreachable: refused if any of the host's addresses is not public and in no network that the operator named,
    or if the port is unusual and one of them is in no such network. `patience` is in seconds.
    """
    if target.port not in USUAL_PORTS.values() and not networks:
        raise _unusual_port(target)
    found = _addresses(target, resolver, patience)
    if not all(may_be_reached(address, networks) for address in found):
        what = "is not a public address" if target.host in found else "leads to an address that is not public"
        raise refusal(f"{target.host} {what}. If it is meant, the operator can name its network in FEED_NETWORKS.")
    if target.port not in USUAL_PORTS.values() and not all(is_named(address, networks) for address in found):
        raise _unusual_port(target)
    return found[:_MOST_TRIED]


def _unusual_port(target: Target) -> Unreachable:
    return refusal(
        f"{target.authority}: only the ports 80 and 443 are fetched. If this one is meant, the operator can name its "
        "network in FEED_NETWORKS."
    )


def _addresses(target: Target, resolver: Resolver, patience: float) -> list[str]:
    with contextlib.suppress(ValueError):
        return [str(ip_address(target.host))]
    try:
        found = [address.partition("%")[0] for address in _asked(target, resolver, patience)]
    except socket.gaierror as error:
        raise _not_found(target.host, error) from None
    except (OSError, UnicodeError):
        raise _not_found(target.host, socket.gaierror(socket.EAI_FAIL, "")) from None
    if not found:
        raise _not_found(target.host, socket.gaierror(socket.EAI_NONAME, ""))
    return _by_turns(found)


def _asked(target: Target, resolver: Resolver, patience: float) -> Sequence[str]:
    """getaddrinfo knows no time limit, so it runs in a thread of its own, which is left alone when time is up."""
    answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolver(target.host, target.port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="feeds-look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except queue.Empty:
        raise Unreachable(
            f"The name {target.host} could not be looked up in time. It is tried again.", Obstacle.TOO_SLOW
        ) from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _not_found(host: str, error: socket.gaierror) -> Unreachable:
    if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
        return Unreachable(
            f"There is no host called {host}. Check the spelling; if the site has moved, look for its new address.",
            Obstacle.NO_SUCH_HOST,
        )
    return Unreachable(f"The name {host} could not be looked up just now. It is tried again.")


def _by_turns(addresses: Sequence[str]) -> list[str]:
    six = [address for address in addresses if ":" in address]
    four = [address for address in addresses if ":" not in address]
    return [address for address in chain.from_iterable(zip_longest(six, four)) if address]
