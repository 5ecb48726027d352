"""Everything published, as readers search, browse and subscribe to it; and what a text resembles in it.

Ask `browsing` for pages of the list, `indexing` to keep the search index up. Writing says what changed, so this lies
below it.
"""
