"""The commands of ``cnnviz``, one module each."""
