"""What we remember, one noun a file: its table and the questions asked of it.

The only room that knows SQL. Nothing here commits: operations own transactions, pages only read. Whatever leaves for
the network leaves as a frozen dataclass, so that no row is loaded behind a request's back.
"""
