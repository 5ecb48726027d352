"""The transport that writes messages as files, to be looked at."""
