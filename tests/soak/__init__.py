"""A year in a night: one installation lives week after week under a clock that we set, and all that wears it comes.

`make soak` lives sixty Fridays with 20,000 readers; `tests/soak/test_year.py` a few with two hundred.
"""
