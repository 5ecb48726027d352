"""One reader's copies, and sending one again."""
