"""What a message says and how it looks: subject, text and HTML, with tags for what differs per reader.

Ask `rendering` for any message that we send; `foreign` looks at what was stored.
"""
