"""Measurements. Each prints its figures, and is run by itself: `python -m tests.bench.events`."""
