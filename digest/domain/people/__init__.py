"""Which passwords will do."""
