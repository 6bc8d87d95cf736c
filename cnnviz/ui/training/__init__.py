"""A run before it starts: its settings."""
