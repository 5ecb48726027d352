"""`send`, alone or with a second process."""
