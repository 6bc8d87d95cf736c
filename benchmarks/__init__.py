"""Programs that measure and print ratios."""
