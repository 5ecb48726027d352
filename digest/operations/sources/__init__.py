"""What is watched, and what it brings: polling, leads, stories, rules.

A lead becomes a summary through writing, so this lies above it.
"""
