"""Pages without a feed, and sitemaps: ask `listing` for what one brings.

`examples` makes a recipe of an item that an editor chose; `sitemaps` reads a site’s own list.
"""
