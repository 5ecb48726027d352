"""Values that every subject knows: addresses, URLs, tokens, slugs; and characters that nobody sees."""
