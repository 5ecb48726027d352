"""What SendGrid reported: of each copy, and of our account there."""
