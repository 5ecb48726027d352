"""Summaries on the desk: the form, the list, history and ends; publications and topics."""
