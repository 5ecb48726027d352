"""`editors`."""
