"""Summaries: the desk's form and the public archive with its feeds."""
