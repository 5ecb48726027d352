"""Digest: a self-hosted weekly email digest. Doors open downward only; `docs/architecture.md` draws the rooms."""
