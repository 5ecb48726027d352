"""Copies, their batches and attempts, and the edition each is made from.

The statements here are a send's turns: each is one short transaction's work, safe in any number of processes.
"""
