"""The week: which issue is open, what is on it, how it looks, when it closes; holding, moving, skipping it.

Ask `week` for the issue itself, `selecting` for what is on it, `composing` for the digest as it would go, `closing` to
store it and mail the proof. It may ask messages and what lies below them.
"""
