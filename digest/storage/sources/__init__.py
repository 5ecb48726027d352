"""What is watched, and what it brought: sources with their rules and hosts, leads, stories.

It may ask writing, since leads belong to publications and become summaries.
"""
