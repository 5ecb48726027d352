"""The installation itself: what each moment asks of it, its start, its database, and what happens after a restore.

Ask `tick` for everything that is due, `startup` for a database that is fit for use, `moving` for a move into another
one, `backing_up` and `bringing_back` for backups. Top of the ladder: it may ask every other subject; none asks it.
"""
