"""Who subscribes: asking, confirming, topics, leaving, what we hold and erasing it; and readers in files.

Ask `subscribing` for whatever a reader does, `privacy` for their rights, `subscriber_files` for CSV. It may ask
messages, suppressions and the journal; no issue and no send.
"""
