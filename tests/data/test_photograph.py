import numpy as np

from cnnviz.data import class_names
from cnnviz.data.photograph import SHOWS, photograph


def test_it_is_a_picture_in_colour_that_nobody_changes() -> None:
    pixels = photograph()
    assert pixels.shape == (3, 224, 224)
    assert pixels.dtype == np.uint8
    assert not pixels.flags.writeable
    assert np.abs(pixels[0].astype(int) - pixels[2]).mean() > 20  # more red than blue: fur
    assert SHOWS in class_names("cifar10")
