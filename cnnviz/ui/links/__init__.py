"""Ways from one page to another, with the image, the network and the settings in hand."""
