"""Links to a page as it is, and what they do not tell."""
