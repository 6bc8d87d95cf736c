"""Images and networks to choose, and what a network makes of an image."""
