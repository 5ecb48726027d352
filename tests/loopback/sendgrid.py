"""A loopback SendGrid to start in a test, or as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from . import journal as journals
from .api import DEFAULT_KEY, Account
from .conversation import Listener, Site
from .faults import Fault
from .inbox import ReceivedMail, mails_in
from .journal import Journal, Received
from .orders import MAIL_SEND, Order, Orders, order_from
from .policy import policy_faults


class LoopbackSendGrid:
    """SendGrid on 127.0.0.1, or on another address of this machine, for the length of a `with` block.

    `lenient` checks the key and the size only and counts readers without reading them, so that a benchmark
    measures the sender. `keep_payloads=False` forgets what a request said once it is journalled: `inbox` and
    `policy_faults` then have nothing to tell.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str = DEFAULT_KEY,
        journal: Path | None = None,
        lenient: bool = False,
        keep_payloads: bool = True,
    ) -> None:
        """Make ready without listening yet; `start` or `with` does that."""
        self.account = Account(key=key, lenient=lenient)
        self.host = host
        self.port = port
        self._orders = Orders()
        self._journal = Journal(journal)
        self._keep_payloads = keep_payloads
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        """Listen."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop listening, and close the journal."""
        self.stop()
        self._journal.close()

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        site = Site(self.account, self._orders, self._journal, self._keep_payloads)
        self._listener = Listener((self.host, self.port), site)
        self.port = self._listener.server_port
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Cut every connection and refuse new ones, until `start`; orders and journal stay."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    @property
    def url(self) -> str:
        """What belongs into SENDGRID_HOST."""
        return f"http://{self.host}:{self.port}"

    def misbehave(
        self,
        *faults: Fault,
        path: str = MAIL_SEND,
        nth: int | None = None,
        every: int | None = None,
        chance: float | None = None,
        seed: int = 0,
        address: str | None = None,
    ) -> None:
        """Order faults, for the next requests or as `Order` explains; path "*" means every endpoint."""
        self.order(Order(faults, path, nth, every, chance, seed, address))

    def order(self, order: Order) -> None:
        """Order faults by an `Order` made beforehand."""
        if order.address is not None and self.account.lenient:
            raise ValueError("A lenient SendGrid reads no addresses: order faults by number")
        self._orders.give(order)

    def behave(self) -> None:
        """Withdraw all orders."""
        self._orders.withdraw()

    def refuse(self, *addresses: str) -> None:
        """Call these addresses invalid from now on, however well they look."""
        self.account.refused.update(address.lower() for address in addresses)

    def take(self) -> list[Received]:
        """Hand over everything received and let go of it: a long run fits no memory. A journal's file keeps it."""
        return self._journal.take()

    @property
    def requests(self) -> list[Received]:
        """Everything received, on any endpoint."""
        return self._journal.received()

    @property
    def accepted(self) -> list[Received]:
        """The requests to send mail that were accepted, whether or not the sender was told."""
        return journals.accepted_mail(self.requests)

    def addresses(self, issue: str | None = None) -> list[str]:
        """The address of every accepted copy, repeated as often as it was accepted."""
        return journals.addresses(self.requests, issue)

    def doubled(self) -> list[str]:
        """The addresses that got the same issue more than once."""
        return journals.doubled(self.requests)

    def inbox(self, address: str | None = None) -> list[ReceivedMail]:
        """Every message that readers get, or that one reader gets, as it reads after substitution."""
        payloads = [one.payload for one in self.accepted if one.payload is not None]
        mails = [mail for payload in payloads for mail in mails_in(payload)]
        return [mail for mail in mails if address is None or mail.to == address]

    def policy_faults(self) -> list[str]:
        """The promises that accepted requests break, each with its request's index in front."""
        accepted = [(one.index, one.payload) for one in self.accepted if one.payload is not None]
        found = ((index, fault) for index, payload in accepted for fault in policy_faults(payload))
        return [f"request {index}: {fault}" for index, fault in found]


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; one line with the URL says that it is ready."""
    asked = _parser().parse_args(arguments)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    sendgrid = LoopbackSendGrid(
        port=asked.port, key=asked.key, journal=asked.journal, lenient=asked.lenient, keep_payloads=False
    )
    sendgrid.refuse(*asked.refuse)
    for order in asked.fault:
        sendgrid.order(order)
    with sendgrid:
        sys.stdout.write(f"{sendgrid.url}\n")
        sys.stdout.flush()
        signal.sigwait((signal.SIGTERM, signal.SIGINT))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.loopback.sendgrid", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the only key accepted (%(default)s)")
    parser.add_argument("--journal", type=Path, help="a file to append one JSON line a request to")
    parser.add_argument("--lenient", action="store_true", help="count readers without checking them")
    parser.add_argument("--refuse", action="append", default=[], help="an address to call invalid")
    fault_help = "for example hang(seconds=3)@2 or server-error(accept=true)@every=7"
    parser.add_argument("--fault", action="append", default=[], type=order_from, help=fault_help)
    return parser


if __name__ == "__main__":
    main()
