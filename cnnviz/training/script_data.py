"""The text of a training script's data: where its images come from, and how they are changed at random."""

from __future__ import annotations

import inspect
from importlib import import_module

from cnnviz.data import EMBEDDED, SOURCES
from cnnviz.data.holding_out import held_out
from cnnviz.layers import Shape
from cnnviz.training.config import TrainingConfig

_FROM_FILE = """\
def load(path: str | None) -> list[Tensor]:
    \"\"\"Images (N, C, H, W), 0 to 255, and labels (N,): those of training, then those of the test.\"\"\"
    if path:
        with np.load(path) as file:
            arrays = [file[name] for name in ("x_train", "y_train", "x_test", "y_test")]
    else:
ELSEWHERE
    x_train, y_train, x_test, y_test = (torch.as_tensor(array) for array in arrays)
    x_train, x_test = (x.reshape(-1, SIZES).permute(0, 3, 1, 2) for x in (x_train, x_test))
    return [x_train, y_train.flatten().long(), x_test, y_test.flatten().long()]"""

_TORCHVISION = """\
        from torchvision import datasets

        splits = [datasets.CLASS("data", train=part, download=True) for part in (True, False)]
        arrays = [np.asarray(array) for split in splits for array in (split.data, split.targets)]"""

_DIGITS = """\
        small, labels = load_digits(return_X_y=True)
        small = (small.reshape(-1, 8, 8) * 255 / 16).round().astype(np.uint8)
        images = np.zeros((len(small), 28, 28), np.uint8)
        for image, digit in zip(images, small, strict=True):
            image[4:24, 4:24] = Image.fromarray(digit).resize((20, 20), Image.Resampling.BICUBIC)
        number = np.zeros(len(labels), int)  # of each image among those of its class
        for digit in range(10):
            number[labels == digit] = np.arange((labels == digit).sum())
        is_test = number % 5 == 4
        arrays = [images[~is_test], labels[~is_test], images[is_test], labels[is_test]]"""

_SHAPES = """\
        images = np.stack([shape_image(CLASSES[i % 10], i // 10).transpose(1, 2, 0) for i in range(5000)])
        labels = np.arange(5000) % 10
        arrays = [images[:4000], labels[:4000], images[4000:], labels[4000:]]"""

_NOWHERE = '        raise SystemExit("Say where the images are: --data FILE.npz")'

_STANDARDISED = """\
def standardised(images: Tensor) -> Tensor:
    return (images.float() / 255 - MEAN) / STD"""

_COLOUR_AXES = """\
def colour_axes(images: Tensor) -> Tensor:
    \"\"\"Each column a principal axis of the images' colours, as long as the variance along it.\"\"\"
    sums, products = 0.0, 0.0
    for some in images.split(1000):
        colours = some.transpose(0, 1).flatten(1).cpu().numpy() / 255
        sums, products = sums + colours.sum(1), products + colours @ colours.T
    count = images[:, 0].numel()
    variances, axes = np.linalg.eigh(products / count - np.outer(sums, sums) / count**2)
    return torch.tensor(axes * variances).float()"""


def loading(dataset: str, shape: Shape, channels_last: bool, holds_out: bool = False) -> str:
    """``load`` and ``standardised``, and ``held_out`` where it is needed."""
    drawing = ""
    if dataset in SOURCES:
        elsewhere = _TORCHVISION.replace("CLASS", SOURCES[dataset].torchvision_class)
    elif dataset == "shapes":
        elsewhere, drawing = _SHAPES, _drawing()
    else:
        elsewhere = _DIGITS if dataset in EMBEDDED else _NOWHERE
    channels, height, width = shape
    load = _FROM_FILE.replace("ELSEWHERE", elsewhere).replace("SIZES", f"{height}, {width}, {channels}")
    standardised = _STANDARDISED
    if channels_last:
        standardised = standardised.replace("return ", "return (") + ").contiguous(memory_format=torch.channels_last)"
    drawing_lots = inspect.getsource(held_out).rstrip() + "\n\n\n" if holds_out else ""
    return f"{drawing}{load}\n\n\n{drawing_lots}{standardised}"


def _drawing() -> str:
    """What draws the shapes."""
    module = import_module("cnnviz.data.shapes")  # the package has a function of this name
    classes = "".join(f'    "{name}",\n' for name in module.CLASSES)
    functions = [inspect.getsource(part).rstrip() for part in (module._polygon, module._draw, module.shape_image)]
    settings = f"CLASSES = (\n{classes})\n_SIZE, _SCALE = {module._SIZE}, {module._SCALE}"
    return "\n\n\n".join([settings, *functions, ""]).replace("-> Images:", "-> np.ndarray:")


def augments(config: TrainingConfig) -> bool:
    """Whether training images are changed at random."""
    moves = config.crop_padding or config.translate or config.flip != "none"
    return bool(moves or config.cutout or config.colour_shift)


def augmentation(config: TrainingConfig, shape: Shape) -> str:
    """``draw``, which gives an epoch's random numbers, and ``augmented``, which uses those of a batch."""
    _, height, width = shape
    shifts = config.crop_padding or config.translate
    names, drawn, done = [], [], []
    if config.flip != "none":
        names.append("mirrored")
        done.append("    images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)")
    if shifts:
        names += ["down", "right"]
        reaches = f"({config.translate}, {config.translate}, {config.crop_padding}, {config.crop_padding})"
        drawn += [
            f"    shifts = [torch.randint(2 * reach + 1, (count,), generator=rng) for reach in {reaches}]",
            "    down, right = shifts[0] + shifts[2], shifts[1] + shifts[3]",
        ]
        if config.translate:
            done.append(f'    images = F.pad(images, {(config.translate,) * 4}, mode="reflect")')
        if config.crop_padding:
            done.append(f"    images = F.pad(images, {(config.crop_padding,) * 4})")
        done += [
            "    which = torch.arange(len(images), device=device)[:, None, None]",
            f"    rows = down[:, None, None] + torch.arange({height}, device=device)[:, None]",
            f"    columns = right[:, None, None] + torch.arange({width}, device=device)",
            "    images = images[which, :, rows, columns].permute(0, 3, 1, 2)",
        ]
    elif config.flip != "none":
        drawn.append("    torch.randint(1, (4 * count,), generator=rng)  # the shifts that other runs draw here")
    if config.flip == "random":
        drawn.append("    mirrored = torch.randint(2, (count,), generator=rng) == 1")
    elif config.flip == "alternating":
        drawn += [
            "    first = torch.randint(2, (count,), generator=generator())",
            "    mirrored = (first + epoch) % 2 == 1",
        ]
    if config.colour_shift:
        names.append("colours")
        done.append("    images = images + 255 * colours[:, :, None, None]")
    done.append("    images = standardised(images)")
    if side := config.cutout:
        names += ["top", "left"]
        drawn += [
            f"    {name} = torch.randint({max(size - side, 0) + 1}, (count,), generator=rng)"
            for name, size in (("top", height), ("left", width))
        ]
        done += [
            f"    rows = torch.arange({height}, device=device) - top[:, None]",
            f"    columns = torch.arange({width}, device=device) - left[:, None]",
            f"    rows, columns = ((0 <= place) & (place < {side}) for place in (rows, columns))",
            "    images = images * ~(rows[:, None, :, None] & columns[:, None, None, :])",
        ]
    if config.colour_shift:
        drawn.append(f"    colours = {config.colour_shift!r} * torch.randn((count, len(axes)), generator=rng) @ axes.T")
    parameters = "epoch: int, count: int" + (", axes: Tensor" if config.colour_shift else "")
    text = [
        "def generator(*key: int) -> torch.Generator:",
        "    state = np.random.SeedSequence(SEED, spawn_key=key).generate_state(1)",
        "    return torch.Generator().manual_seed(int(state[0]))",
        "",
        "",
        f"def draw({parameters}) -> list[Tensor]:",
        '    """The random numbers of an epoch, for each image its own."""',
        "    rng = generator(epoch)",
        *drawn,
        f"    return [numbers.to(device) for numbers in [{', '.join(names)}]]",
        "",
        "",
        "def augmented(",
        f"    {', '.join(f'{name}: Tensor' for name in ['images', *names])}",
        ") -> Tensor:",
        '    """A batch changed by its own random numbers, and standardised."""',
        "    images = images.float()",
        *done[:-1],
        done[-1].replace("images =", "return"),
    ]
    return "\n".join([_COLOUR_AXES, "", "", *text] if config.colour_shift else text)
