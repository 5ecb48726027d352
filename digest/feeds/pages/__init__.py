"""One web page: what it says of itself, its article, the walls before it, and where its feeds are."""
