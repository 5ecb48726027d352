"""Reports of sends, live while they run, and deciding what only a person can."""
