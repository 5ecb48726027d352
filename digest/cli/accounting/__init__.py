"""`status` and `settle`."""
