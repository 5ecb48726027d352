"""Feeds and lists of feeds, from bytes to plain values: ask `documents.parse` for a feed, `opml` for a list."""
