"""The schema as a whole, demo content, and each clock's sign of life.

`schema` and `tables` know every table, for the start, the moves and the demo; `heartbeats` tell whoever must know
whether a clock runs; `backup_copies` makes a database one file, and `backups` remembers the daily ones.
"""
