"""What is the same whichever way a message takes: the transport's interface, headers, deadline, and how it fails."""
