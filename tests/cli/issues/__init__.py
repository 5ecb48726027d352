"""`digest issues`, as people run it."""
