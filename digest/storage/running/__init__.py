"""The schema as a whole, demo content, and each clock's sign of life.

Knows every table; nothing but the program's start, its moves and the demo asks it.
"""
