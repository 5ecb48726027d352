"""The search index, and what else readers ask of everything that went out: published summaries, past issues."""
