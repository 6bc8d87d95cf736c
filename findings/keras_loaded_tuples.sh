#!/bin/sh
# One would guess that a Keras layer which keeps what it is given, as self.window = window, is after load_model what it was
# before save: it is the same class, called with the same numbers.
# So it is: Keras 3.15.1 writes the arguments of __init__ to the file as JSON, so that tuples come back as lists, and a list
# becomes a TrackedList as soon as it is an attribute. On JAX keras.ops.max_pool and average_pool put their window together as
# a tuple and take no list: the model that could be built, run and saved cannot be loaded, and says that an output shape cannot
# be inferred. With KERAS_BACKEND=torch the same file loads, so that a test on one backend does not see it.
# Source: https://keras.io/guides/serialization_and_saving/ speaks of arguments that are basic types and leaves tuples out;
# src/backend/jax/nn.py of Keras, where a pooling window gets its axes for batch and channels.
# What helps: self.window = tuple(window) in __init__.
# Seen: 'not loaded: can only concatenate tuple (not "TrackedList") to tuple', then 'loaded, window (2, 3)'.
# Needs python3 with venv, and the package registry. Ends with 1 where the behaviour has changed.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 numpy==2.4.6
cat > "$place/layer.py" <<'PYTHON'
import sys

import keras
import numpy as np


@keras.saving.register_keras_serializable()
class Largest(keras.layers.Layer):
    def __init__(self, window, as_tuple=False, **options):
        super().__init__(**options)
        self.as_tuple = as_tuple
        self.window = tuple(window) if as_tuple else window

    def call(self, x):
        return keras.ops.max_pool(x, self.window, 1)


print("keras", keras.__version__, "on", keras.backend.backend())
image, loads = np.ones((1, 4, 4, 1), "float32"), {}
for as_tuple in (False, True):
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, Largest((2, 3), as_tuple)(inputs))
    print("built, shape of its output:", tuple(model(image).shape))
    model.save(f"{sys.argv[1]}/{as_tuple}.keras")
    try:
        again = keras.saving.load_model(f"{sys.argv[1]}/{as_tuple}.keras")
        loads[as_tuple] = tuple(again(image).shape) == (1, 3, 2, 1)
        print("loaded, window", again.layers[-1].window)
    except TypeError as error:
        loads[as_tuple] = False
        print("not loaded:", next(line for line in str(error).splitlines() if "TrackedList" in line)[:90])
if loads != {False: False, True: True}:
    sys.exit("The behaviour has changed.")
PYTHON
KERAS_BACKEND=jax "$place/venv/bin/python" "$place/layer.py" "$place"
