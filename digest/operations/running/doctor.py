"""The doctor: everything that an operator must know, with what to do about it. It only looks, and changes nothing.

What can be seen on this machine comes first. What has to be asked of others (name servers, SendGrid, the site from
outside) is asked at the same time, and given up together after a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

from digest.domain.running.findings import Finding, doubtful
from digest.operations.running.doctor_abroad import AccountCheck, domain_findings, look_at_sendgrid, site_findings
from digest.operations.running.doctor_at_home import at_home, carefully
from digest.operations.shared.context import Context

PATIENCE_SECONDS = 3.5


def examine(context: Context) -> list[Finding]:
    """Look at everything. Ends within about PATIENCE_SECONDS."""
    return _while_asking(context, lambda: at_home(context))


def examine_abroad(context: Context) -> list[Finding]:
    """Look at what has to be asked of others. Ends within about PATIENCE_SECONDS."""
    return _while_asking(context, list)


def _while_asking(context: Context, meanwhile: Callable[[], list[Finding]]) -> list[Finding]:
    pool = ThreadPoolExecutor(len(_ABROAD), thread_name_prefix="doctor")
    try:
        asked = {name: pool.submit(carefully, name, partial(look, context)) for name, look in _ABROAD.items()}
        found = meanwhile()
        wait(asked.values(), PATIENCE_SECONDS)
        return found + [finding for name, future in asked.items() for finding in _in_time(name, future)]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _in_time(name: str, future: Future[list[Finding]]) -> list[Finding]:
    if future.done():
        return future.result()
    return [
        doubtful(name, f"No answer within {PATIENCE_SECONDS:.0f} seconds.", "See that this machine’s network is well.")
    ]


def _sendgrid(context: Context) -> list[Finding]:
    return look_at_sendgrid(AccountCheck(context, PATIENCE_SECONDS - 0.5))


_ABROAD: dict[str, Callable[[Context], Iterable[Finding]]] = {
    "sender’s domain": partial(domain_findings, seconds=PATIENCE_SECONDS - 0.5),
    "SendGrid": _sendgrid,
    "site from outside": partial(site_findings, seconds=PATIENCE_SECONDS - 0.5),
}
