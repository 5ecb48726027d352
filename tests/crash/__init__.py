"""The crash programme: senders that die, databases and networks that fail, at every step of a send.

Judged by the loopback SendGrid's own journal (`judge`), never by what our database believes. `docs/testing.md` says
what it proves and how to run a seed again.
"""
