"""What outlives the database: the journal of who left, and the guard that notices an older backup.

Ask `journal` to note that somebody left, `restore_guard` whether this database has seen what left from it. Below
everything that could lose it.
"""
