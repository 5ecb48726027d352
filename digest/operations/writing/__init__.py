"""Summaries: written at the desk, or brought in by the thousand.

Ask `editing` for one, `summary_files` for a file. Publishing puts a summary on the open issue, so this lies above
issues; it may ask them and what lies below.
"""
