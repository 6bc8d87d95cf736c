"""Results beside each other."""
