"""How many test images are called unlike the training images: ``python benchmarks/likeness.py FOLDER``.

``FOLDER`` holds ``mnist.npz`` and ``cifar10.npz`` as a training on them leaves them. With ``--write`` what the app knows of
these datasets, and of those that come with it, is worked out anew before.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.report import report
from cnnviz.data.dataset import Images
from cnnviz.data.digits import digits
from cnnviz.data.likeness import has_no_colours, known, write_known
from cnnviz.data.shapes import shapes

COUNTS = (200, 1_000)


def images(path: Path, part: str) -> Images:
    with np.load(path) as arrays:
        some = arrays[f"x_{part}"]
    return some[:, None] if some.ndim == 3 else some.transpose(0, 3, 1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    paths = {name: arguments.folder / f"{name}.npz" for name in ("mnist", "cifar10")}
    if arguments.write:
        learned = {name: images(path, "train") for name, path in paths.items()}
        write_known({"digits": digits().train.images, "shapes": shapes().train.images, **learned})
        known.cache_clear()
    tests = {"digits": digits().test.images, "shapes": shapes().test.images}
    tests |= {name: images(path, "test") for name, path in paths.items()}
    rows, figures = [], {}
    for name, some in tests.items():
        unlike = np.array([has_no_colours(one) or not known()[name].has(one) for one in some[: max(COUNTS)]])
        for count in sorted({min(count, len(unlike)) for count in COUNTS}):
            share = float(unlike[:count].mean())
            rows.append((f"{name}, the first {count} test images", 100 * share, "% unlike"))
            figures[f"{name}_{count}"] = share
    report(rows, figures, arguments.json)


if __name__ == "__main__":
    main()
