"""Summaries with what belongs to them: history, ends, working copies; publications and topics."""
