"""The installation's own mark, and how far each journal was read: what tells an older copy of the database."""
