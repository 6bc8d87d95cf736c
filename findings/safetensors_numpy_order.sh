#!/bin/sh
# One would guess that safetensors.numpy writes down what an array holds, whatever its order in memory; or that it refuses
# an array that is not C-contiguous, as safetensors.torch does with tensors.
# So it is: safetensors.numpy 0.8.0 writes the memory as it lies, beside the array's shape. Of a transposed, a Fortran-ordered
# or a sliced array other values come back, without an error or a warning. 0.7.0 brought the same values back.
# Source: the docstring of save asks for contiguous arrays, but nothing checks it
# (https://huggingface.co/docs/safetensors/api/numpy); https://github.com/safetensors/safetensors/issues/825
# What helps: np.ascontiguousarray before saving.
# Needs python3 with venv, and the package registry. Ends with 1 where the behaviour has changed.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load, save

print("safetensors", safetensors.__version__, "numpy", np.__version__)
numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
cases = {  # the array, and whether what comes back equals it
    "C-contiguous": (numbers, True),
    "transposed": (numbers.T, False),
    "Fortran-ordered": (np.asfortranarray(numbers), False),
    "sliced": (numbers[:, ::2], False),
    "transposed, made contiguous": (np.ascontiguousarray(numbers.T), True),
}
has_changed = False
for name, (array, is_right) in cases.items():
    back = load(save({"array": array}))["array"]
    same = np.array_equal(back, array)
    print(f"{name}: saved {array.tolist()}, loaded {back.tolist()}: {'the same' if same else 'OTHER VALUES'}")
    has_changed |= same != is_right
if has_changed:
    sys.exit("The behaviour has changed.")
PYTHON
