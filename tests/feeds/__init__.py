"""What strangers publish: feeds, pages, lists of feeds, dates."""
