"""`preview`."""
