"""`suppressions`."""
