"""The database itself: engine, file, locks and patience, what every table shares, and counts for rate limits.

Below every subject; asks none.
"""
