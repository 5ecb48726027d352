"""The search index, and what else readers ask of everything that is published."""
