"""`summaries`."""
