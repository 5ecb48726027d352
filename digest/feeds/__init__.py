"""The feeds’ world: strangers' feeds and pages, from their address to plain values. It knows no database.

Ask `fetching` for bytes, and `parsing`, `listings`, `pages` or `newsletters` for what they say; `base` is what all
of them share.
"""
