"""Single messages and their leases; those that the sign-up form caused, and when each may leave."""
