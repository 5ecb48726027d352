"""What SendGrid reports: whose copy it was, what became of it, and how our account there stands.

Ask `feedback` with events that are parsed and signed; anything that is not surely ours changes nothing. It may ask
accounting, readers, suppressions, and messages to tell of what it finds.
"""
