"""SendGrid: the transport by its API, what it reports, its lists of addresses, and our account with it."""
