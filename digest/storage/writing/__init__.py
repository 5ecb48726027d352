"""Summaries, publications and topics: the archive."""
