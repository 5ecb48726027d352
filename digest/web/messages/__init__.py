"""The outbox as admins read it, and the thread that hands messages over."""
