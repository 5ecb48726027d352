"""What logs may say, and what counts as a living clock."""
