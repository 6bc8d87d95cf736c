"""What the tests of texts and of JSON share."""

import json

import pytest
from hypothesis import settings

from cnnviz.networks.code import CodeError, from_json

several = settings(deadline=None, max_examples=150)


def bare(*layers, **more):
    """A network as JSON, as far as there is JSON for it."""
    return json.dumps({"name": "n", "input_shape": [1, 8, 8], "layers": layers} | more)


def reason(text):
    """The sentence with which a text is refused."""
    with pytest.raises(CodeError) as error:
        from_json(text)
    said = str(error.value)
    assert said.startswith("This ")
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 500
    return said


CONV = {"type": "Conv2d", "out_channels": 4, "kernel_size": 3}
