"""What reading strangers’ documents needs everywhere: addresses, encodings, dates, plain text, entries."""
