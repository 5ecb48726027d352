"""Measurements, never part of `make test`: how fast, in how much memory, beside what else would do the same work."""
