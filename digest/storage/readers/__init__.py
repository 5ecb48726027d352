"""Subscribers, their requests to subscribe, and what they consented to."""
