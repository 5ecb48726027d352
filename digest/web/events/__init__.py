"""SendGrid's reports come in here, signed; and the notice that it has suspended our account."""
