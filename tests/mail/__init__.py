"""What readers and editors find in their inboxes."""
