"""The one way to ask strangers for anything. `fetcher.Fetcher` asks, under the guard.

`link_checks` says what became of a link.
"""
