"""What convolution and pooling are good for, shown below the picture."""
