"""Set up, train and look inside convolutional networks."""
