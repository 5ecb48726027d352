"""Addresses never to be mailed: taken from SendGrid's own lists, brought in and listed as files.

Ask `suppressing` for an address or for the lists, `suppression_files` for CSV. It may ask the journal.
"""
