"""Newsletters by mail: the message as it was posted, its articles’ links, and what is kept to be read."""
