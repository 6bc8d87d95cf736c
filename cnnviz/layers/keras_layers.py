"""Layers that Keras has not, as text for scripts that use them.

They are registered, so that a model that holds them loads again wherever its script's classes are defined; Keras keeps
the arguments of ``__init__`` in the file by itself.
"""

from __future__ import annotations

import re

_REGISTERED = "@keras.saving.register_keras_serializable()\n"

_CLASSES = {
    "BorderPadding2D": '''\
class BorderPadding2D(keras.layers.Layer):
    """Rows and columns of the maps around them, chosen as numpy.pad does in this mode: reflect, edge or wrap."""

    def __init__(self, padding, mode, **options):
        super().__init__(**options)
        self.padding, self.mode = padding, mode

    def call(self, x):
        for axis, border in enumerate(self.padding, 1):
            x = keras.ops.take(x, np.pad(np.arange(x.shape[axis]), border, self.mode), axis=axis)
        return x''',
    "PaddedMaxPooling2D": '''\
class PaddedMaxPooling2D(keras.layers.Layer):
    """Max pooling with a border of minus infinity."""

    def __init__(self, pool_size, strides, padding, **options):
        super().__init__(**options)
        self.pool_size, self.strides = tuple(pool_size), tuple(strides)  # a file gives lists: on JAX no window
        self.padding = padding

    def call(self, x):
        x = keras.ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))
        return keras.ops.max_pool(x, self.pool_size, self.strides)''',
    "PaddedAveragePooling2D": '''\
class PaddedAveragePooling2D(keras.layers.Layer):
    """Average pooling with a border of zeros, of which only so many rows and columns as `counted` says are divided by."""

    def __init__(self, pool_size, strides, padding, counted, **options):
        super().__init__(**options)
        self.pool_size, self.strides = tuple(pool_size), tuple(strides)  # a file gives lists: on JAX no window
        self.padding, self.counted = padding, counted

    def call(self, x):
        factors = []
        for axis in (0, 1):
            (before, after), (first, last) = self.padding[axis], self.counted[axis]
            n, k = x.shape[1 + axis], self.pool_size[axis]
            counts = np.zeros(before + n + after)
            counts[before - first : before + n + last] = 1
            starts = range(0, len(counts) - k + 1, self.strides[axis])
            factors.append([k / counts[start : start + k].sum() for start in starts])
        x = keras.ops.pad(x, ((0, 0), *self.padding, (0, 0)))
        factors = keras.ops.convert_to_tensor(np.outer(*factors)[..., None], dtype=self.compute_dtype)
        return keras.ops.average_pool(x, self.pool_size, self.strides) * factors''',
    "UnevenMaxPooling2D": '''\
class UnevenMaxPooling2D(keras.layers.Layer):
    """Of n rows, output row i of m is the largest from floor(i * n / m) up to ceil((i + 1) * n / m); so with columns."""

    def __init__(self, output_size, **options):
        super().__init__(**options)
        self.output_size = output_size

    def call(self, x):
        for axis, m in enumerate(self.output_size, 1):
            n = x.shape[axis]
            first, end = np.arange(m) * n // m, -(-np.arange(1, m + 1) * n // m)
            read = np.minimum(first[:, None] + np.arange(max(end - first)), end[:, None] - 1)
            x = keras.ops.max(keras.ops.take(x, read, axis=axis), axis=axis + 1)
        return x''',
    "UnevenAveragePooling2D": '''\
class UnevenAveragePooling2D(keras.layers.Layer):
    """Of n rows, output row i of m is the mean from floor(i * n / m) up to ceil((i + 1) * n / m); so with columns."""

    def __init__(self, output_size, **options):
        super().__init__(**options)
        self.output_size = output_size

    def call(self, x):
        for axis, m in enumerate(self.output_size, 1):
            n = x.shape[axis]
            first, end = np.arange(m) * n // m, -(-np.arange(1, m + 1) * n // m)
            read = first[:, None] + np.arange(max(end - first))
            shares = (read < end[:, None]) / (end - first)[:, None]
            shares = keras.ops.convert_to_tensor(shares.reshape(*read.shape, *[1] * (3 - axis)), dtype=self.compute_dtype)
            windows = keras.ops.take(x, np.minimum(read, end[:, None] - 1), axis=axis)
            x = keras.ops.sum(windows * shares, axis=axis + 1)
        return x''',
    "RisingLeakyReLU": '''\
class RisingLeakyReLU(keras.layers.Layer):
    """LeakyReLU with a negative slope below 0, which Keras' own refuses."""

    def __init__(self, negative_slope, **options):
        super().__init__(**options)
        self.negative_slope = negative_slope

    def call(self, x):
        return keras.ops.where(x < 0, x * self.negative_slope, x)''',
    "LocalResponseNorm": '''\
class LocalResponseNorm(keras.layers.Layer):
    """Each number divided by (k + alpha * m) ** beta; m is the mean of the squares of neighbouring channels."""

    def __init__(self, size, alpha, beta, k, **options):
        super().__init__(**options)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        at = np.arange(x.shape[-1])
        distance = at[:, None] - at  # from the output channel to the one that it reads
        is_near = (distance >= -(self.size // 2)) & (distance <= (self.size - 1) // 2)
        shares = keras.ops.convert_to_tensor(is_near / self.size, dtype=self.compute_dtype)
        means = keras.ops.matmul(keras.ops.square(x), shares)
        return x / (self.k + self.alpha * means) ** self.beta''',
    "DualPath": '''\
class DualPath(keras.layers.Layer):
    """The first channels of two paths are added, the others follow, first the shortcut's."""

    def __init__(self, added, **options):
        super().__init__(**options)
        self.added = added

    def call(self, paths):
        (new, old), n = paths, self.added
        return keras.ops.concatenate([new[..., :n] + old[..., :n], old[..., n:], new[..., n:]], axis=-1)''',
    "PositionBias": '''\
class PositionBias(keras.layers.Layer):
    """Adds a learned number to each cell, its own for each."""

    def build(self, input_shape):
        self.bias = self.add_weight(shape=input_shape[1:], initializer="zeros", name="bias")

    def call(self, x):
        return x + self.bias''',
}

_DILATED_UP = (
    "# TensorFlow computes dilated transposed convolutions on GPUs only: on a CPU take another backend, such as\n"
    "# KERAS_BACKEND=jax or KERAS_BACKEND=torch in the environment.\n"
)


def with_definitions(about: str, body: str) -> str:
    """A whole script of what it is about (or nothing), its imports, the classes that ``body`` uses, and ``body``."""
    classes = [_REGISTERED + text for name, text in _CLASSES.items() if f" {name}(" in body]
    uses_numpy = any("np." in text for text in (*classes, body))
    imports = "import keras\nimport numpy as np" if uses_numpy else "import keras"
    is_dilated_up = re.search(r"Conv2DTranspose\(\n?[^\n]*dilation_rate", body)
    head = f"{about}{_DILATED_UP if is_dilated_up else ''}{imports}"
    return ("\n\n\n" if classes else "\n\n").join([head, *classes, body])
