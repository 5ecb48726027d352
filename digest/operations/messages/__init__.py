"""Single messages: queued with the change that causes them, then handed over, each under a lease.

Ask `queue` to write one, `delivering` to hand over what waits. What the sign-up form may cause is counted here, since
it is mail. It may ask the guard and what is shared.
"""
