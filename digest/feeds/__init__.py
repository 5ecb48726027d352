"""The feeds' world: fetching, parsing, OPML, likeness; it will know no database. Still empty: leads come later."""
