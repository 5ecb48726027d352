"""HTTP in, page out. The only room that knows Flask.

A view loads, reads its form, validates, does one thing and redirects. Pages may read storage; every write goes
through an operation.
"""
