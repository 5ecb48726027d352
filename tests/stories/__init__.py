"""How well stories are found: labelled leads of our own making, and the figures of any such file (`make stories`)."""
