"""`feeds` and `leads`."""
