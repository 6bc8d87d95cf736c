"""One convolution or pooling layer: its controls, its facts, and the views beside it."""
