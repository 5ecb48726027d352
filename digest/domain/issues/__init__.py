"""An issue's dates and states, its digest as values, and the checks before it may go."""
