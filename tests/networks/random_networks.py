"""Random small networks of every layer and block, with every argument that torch takes."""

from cnnviz.layers import (
    ACTIVATIONS,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Flatten,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    PositionBias,
    Residual,
    ShapeError,
    Softmax,
    SqueezeExcitation,
    pair,
)
from cnnviz.layers.blocks import end_of
from cnnviz.networks import Network

LARGEST_SIDE = 40


def random_network(rng, most=6):
    """Of up to ``most`` layers; ``rng`` is a random.Random."""
    shape = (rng.randint(1, 6), rng.randint(3, 17), rng.randint(3, 17))
    return Network(name="random", input_shape=shape, layers=random_path(rng, shape, rng.randint(1, most)))


def random_path(rng, shape, length, depth=0):
    """Layers one after the other, the first of which reads ``shape``."""
    layers = []
    for _ in range(length):
        layer = random_layer(rng, shape, depth)
        layers.append(layer)
        shape = layer.output_shape(shape)
    return layers


def random_layer(rng, shape, depth=0):
    """Any layer that reads ``shape`` and makes nothing large of it."""
    if len(shape) == 3:
        makers = [_convolution] * 3 + [_transposed] * 2 + [_max, _average] * 3 + [_adaptive] * 2 + [_other] * 4
    else:
        makers = [_of_features]
    if depth < 2:
        makers += [_block] * 2
    while True:
        try:
            layer = rng.choice(makers)(rng, shape, depth)
            after = layer.output_shape(shape)
        except ShapeError:
            continue
        if len(after) == 1 or (max(after[1:]) <= LARGEST_SIDE and after[0] <= 24):
            return layer


def _size(rng, low, high):
    """One number for both axes, or one for each."""
    return rng.randint(low, high) if rng.random() < 0.5 else (rng.randint(low, high), rng.randint(low, high))


def _often(rng, usual, other):
    return usual if rng.random() < 0.5 else other


def _convolution(rng, shape, depth):
    groups = rng.choice([n for n in range(1, shape[0] + 1) if shape[0] % n == 0])
    padding = rng.choice([0, _size(rng, 0, 4), "same", "valid"])
    return Conv2d(
        out_channels=groups * rng.randint(1, 3),
        kernel_size=_size(rng, 1, 5),
        stride=1 if padding == "same" else _often(rng, 1, _size(rng, 1, 3)),
        padding=padding,
        dilation=_often(rng, 1, _size(rng, 1, 3)),
        groups=groups,
        bias=rng.random() < 0.7,
        padding_mode=_often(rng, "zeros", rng.choice(["reflect", "replicate", "circular"])),
    )


def _transposed(rng, shape, depth):
    groups = _often(rng, 1, rng.choice([n for n in range(1, shape[0] + 1) if shape[0] % n == 0]))
    stride, dilation = _often(rng, 1, _size(rng, 1, 4)), _often(rng, 1, _size(rng, 1, 3))
    more = [rng.randint(0, max(s, d) - 1) for s, d in zip(pair(stride), pair(dilation), strict=True)]
    return ConvTranspose2d(
        out_channels=groups * rng.randint(1, 3),
        kernel_size=_size(rng, 1, 5),
        stride=stride,
        padding=_size(rng, 0, 3),
        output_padding=_often(rng, 0, tuple(more)),
        dilation=dilation,
        groups=groups,
        bias=rng.random() < 0.7,
    )


def _window(rng):
    kernel = _size(rng, 1, 5)
    return {
        "kernel_size": kernel,
        "stride": rng.choice([None, _size(rng, 1, 4)]),
        "padding": _often(rng, 0, tuple(rng.randint(0, k // 2) for k in pair(kernel))),
        "ceil_mode": rng.random() < 0.5,
    }


def _max(rng, shape, depth):
    return MaxPool2d(**_window(rng), dilation=_often(rng, 1, _size(rng, 1, 3)))


def _average(rng, shape, depth):
    divisor = rng.choice([-3, 1, 2, 5]) if rng.random() < 0.1 else None
    return AvgPool2d(**_window(rng), count_include_pad=rng.random() < 0.5, divisor_override=divisor)


def _adaptive(rng, shape, depth):
    sizes = [rng.choice([1, None, n, max(1, n // 2), rng.randint(1, 9)]) for n in shape[1:]]
    return rng.choice([AdaptiveAvgPool2d, AdaptiveMaxPool2d])(output_size=rng.choice([1, tuple(sizes)]))


def _other(rng, shape, depth):
    return rng.choice(
        [
            lambda: BatchNorm2d(eps=rng.choice([1e-5, 1e-3]), momentum=rng.choice([0.1, 0.01])),
            lambda: LocalResponseNorm(
                size=rng.randint(1, 6),
                alpha=rng.choice([1e-4, 2.0]),
                beta=rng.choice([0.75, 0.5]),
                k=rng.choice([1.0, 2.0]),
            ),
            lambda: PositionBias(),
            lambda: SqueezeExcitation(squeeze_channels=rng.randint(1, 4), activation=rng.choice(["ReLU", "SiLU"])),
            lambda: Dropout(p=0.3),
            lambda: _activation(rng),
            lambda: _activation(rng),
            lambda: Flatten(),
        ]
    )()


def _activation(rng):
    kind = rng.choice(ACTIVATIONS)
    return kind(negative_slope=rng.choice([0.01, 0.3, 0.0, -0.4, 1.5])) if kind is LeakyReLU else kind()


def _of_features(rng, shape, depth):
    return rng.choice(
        [
            lambda: Linear(out_features=rng.randint(1, 9), bias=rng.random() < 0.7),
            lambda: _activation(rng),
            lambda: Dropout(p=0.5),
            lambda: Flatten(),
            lambda: Softmax(),
        ]
    )()


def _block(rng, shape, depth):
    body = random_path(rng, shape, rng.randint(0, 3), depth + 1)
    after = end_of(body, shape)
    # one more path that ends in the same size: the input itself, or a 1×1 beside a body that keeps it
    others = [(), *([[Conv2d(out_channels=after[0], kernel_size=1)]] if len(after) == 3 else []), body]
    shortcut = rng.choice(others)
    kind = rng.choice([Residual, Concat, DualPath])
    if kind is Concat:
        return Concat(branches=[body, shortcut, *([body] if rng.random() < 0.3 else [])])
    if kind is DualPath:
        return DualPath(body=body, shortcut=shortcut, added=rng.randint(1, 2))
    return Residual(body=body, shortcut=shortcut)
