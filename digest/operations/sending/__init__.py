"""Copies on their way: freeze, claim, post, record; stop, and one copy again.

Ask `freezing` to turn an issue into copies, `sender` to send what is frozen, `send_status` how that goes on. It may
ask issues and what lies below them, and accounting for the pace and the end of a send.
"""
