"""`subscribers`."""
