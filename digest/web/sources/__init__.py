"""The desk’s inbox of leads, and its pages of sources."""
