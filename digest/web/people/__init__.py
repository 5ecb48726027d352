"""Signing in, one's own login, and the page on which admins manage editors."""
