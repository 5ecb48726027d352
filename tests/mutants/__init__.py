"""Careless changes to the source, one at a time: each must be caught by the test that names the promise it breaks.

The wrong designs of a sender are in `tests/crash/mutants.py`, where scenarios judge them; here are the other rooms.
"""
