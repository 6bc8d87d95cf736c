"""A run that was started: what one sees of it, and what one can do with it."""
