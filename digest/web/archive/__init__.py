"""What readers read: the list, summaries, past issues, feeds, the sitemap."""
