"""A SendGrid that lives on this machine: it checks and answers as SendGrid does, and fails to order.

Tests start `LoopbackSendGrid` from `tests.loopback.sendgrid`; by hand it is
`python -m tests.loopback.sendgrid`. Whether a reader was lost or doubled is asked of its journal, never of
our own database.
"""
