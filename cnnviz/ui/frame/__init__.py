"""What every page has: its beginning and end, its address, its visitor."""
