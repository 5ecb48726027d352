"""Rules without I/O: when an issue closes and goes, which state may follow which, what a link's token is worth.

Ask it anything with values; it knows no database, no network and no clock: `now` is always an argument.
"""
