"""Pages for machines: is the site well, what may crawlers read."""
