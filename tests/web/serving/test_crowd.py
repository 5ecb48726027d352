"""Who gives way when there are too many, who goes next to a thread, and which addresses are of one network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from gunicorn.config import Config

from digest.web.serving.connection import Connection
from digest.web.serving.crowd import Crowd, network_of
from digest.web.serving.limits import Limits

PER_NETWORK = 64
FLOOD, READER = "192.0.2.1", "192.0.2.2"


class Peers:
    """Connections that nobody serves, so that a test says what becomes of them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._cfg = Config()

    def __call__(self, address: str, request: bytes = b"") -> Connection:
        ours, theirs = socket.socketpair()
        self._stack.enter_context(theirs)
        connection = Connection(self._cfg, ours, (address, 1), ("127.0.0.1", 80), Limits())
        self._stack.callback(connection.close)
        connection.feed(request)
        return connection


@pytest.fixture
def peer() -> Iterator[Peers]:
    with ExitStack() as stack:
        yield Peers(stack)


def whole_requests(crowd: Crowd, peer: Peers, address: str, count: int) -> list[Connection]:
    """So many come with a whole request each, and whoever gives way for one leaves; returns who gave way."""
    gone = []
    for _ in range(count):
        one = peer(address)
        if gives_way := crowd.enter(one):
            gone.append(gives_way)
            crowd.leave(gives_way)
        crowd.stands_in_line(one)
    return gone


def taken(crowd: Crowd, threads: int) -> list[str]:
    """The networks of those who go to so many threads."""
    return [network_of(one.client) for _ in range(threads) if (one := crowd.next_in_line())]


def test_of_600_whole_requests_of_one_network_its_own_oldest_give_way_and_others_go_next(peer: Peers) -> None:
    crowd = Crowd(Limits(per_network=PER_NETWORK), 1_000)
    gone = whole_requests(crowd, peer, FLOOD, 300)
    assert taken(crowd, 8) == [FLOOD] * 8
    gone += whole_requests(crowd, peer, FLOOD, 300)
    assert len(gone) == 600 - PER_NETWORK
    assert whole_requests(crowd, peer, READER, 3) == []
    assert taken(crowd, 4) == [READER] * 3 + [FLOOD]


def test_a_network_of_many_requests_in_hand_waits_for_those_of_few(peer: Peers) -> None:
    crowd = Crowd(Limits(per_network=PER_NETWORK), 1_000)
    networks = [f"192.0.2.{number}" for number in range(20)]
    for network in networks:
        whole_requests(crowd, peer, network, 30)
    whole_requests(crowd, peer, READER.replace(".2.", ".3."), 1)
    assert len(set(taken(crowd, 21))) == 21


def test_a_place_in_line_that_is_answered_counts_no_more(peer: Peers) -> None:
    crowd = Crowd(Limits(per_network=PER_NETWORK), 1_000)
    whole_requests(crowd, peer, FLOOD, 3)
    first = crowd.next_in_line()
    assert first is not None
    whole_requests(crowd, peer, READER, 2)
    crowd.is_answered(first)
    assert taken(crowd, 2) == [FLOOD, READER]


@pytest.mark.parametrize("per_network", [PER_NETWORK, None])
def test_there_are_never_more_than_all_may_be(peer: Peers, per_network: int | None) -> None:
    """Whole requests, whom nobody waits for, of many networks or of none that can be told: behind a proxy."""
    crowd = Crowd(Limits(per_network=per_network), 100)
    gone = [one for number in range(30) for one in whole_requests(crowd, peer, f"192.0.2.{number}", 10)]
    assert len(gone) == len(set(gone)) == 200
    assert len(crowd.idle()) == 100


def test_all_may_be_counts_also_where_a_network_with_too_many_has_none_that_could_go(peer: Peers) -> None:
    crowd = Crowd(Limits(per_network=4), 20)
    whole_requests(crowd, peer, FLOOD, 4)
    assert taken(crowd, 8) == [FLOOD] * 4
    for number in range(16):
        assert crowd.enter(peer(f"192.0.3.{number}")) is None
    longest = crowd.first_to_go()
    assert crowd.enter(peer(FLOOD)) is longest is not None


@pytest.mark.parametrize("drips_first", [True, False])
def test_who_has_been_here_longest_gives_way_whether_it_drips_or_stands_in_line(peer: Peers, drips_first: bool) -> None:
    """Not who has just come, and of whom nothing was read yet."""
    crowd = Crowd(Limits(per_network=2), 1_000)
    first, second = peer(FLOOD), peer(FLOOD)
    crowd.enter(first)
    crowd.enter(second)
    crowd.stands_in_line(second)
    if not drips_first:
        first.next_request()
        crowd.waits(first)
    assert crowd.enter(peer(FLOOD)) is (first if drips_first else second)


def test_bodies_in_line_count_as_what_is_kept(peer: Peers) -> None:
    crowd = Crowd(Limits(waiting_bytes=10_000), 1_000)
    post = b"POST / HTTP/1.1\r\nHost: digest.test\r\nContent-Length: 6000\r\n\r\n" + b"x" * 6_000
    for request in (post, post[:1_000], post):
        one = peer(FLOOD, request)
        crowd.enter(one)
        if len(request) > 1_000:
            crowd.stands_in_line(one)
    (heaviest,) = crowd.too_heavy()
    assert heaviest.waiting_bytes > 6_000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_prefix(one: str, other: str, same: bool) -> None:
    assert (network_of((one, 1234)) == network_of((other, 4321))) is same


def test_peers_on_a_local_socket_are_one_network() -> None:
    assert network_of("") == network_of(b"")
