"""A look inside a network: its maps, its kernels, how a unit comes to its number."""
