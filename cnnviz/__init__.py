"""Set up, train and look inside convolutional networks."""

__version__ = "1.0.0"
