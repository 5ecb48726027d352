"""Where every copy of an issue is, in sums that add up; batches nobody knows the end of, and who decided what.

Told from deliveries, batches and attempts; keeps of its own only what was decided.
"""
