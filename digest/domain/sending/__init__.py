"""How fast to send, and when silence says that a request was never taken."""
