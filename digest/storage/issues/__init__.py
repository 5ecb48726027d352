"""Issues, what is on each of them, and what happened to it."""
