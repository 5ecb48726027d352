"""Addresses never to be mailed, by hash; and how far SendGrid's lists were read."""
