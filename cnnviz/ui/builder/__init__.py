"""The network that is being built."""
