"""The one way to import torchvision.

A torchvision wheel that was built for CUDA beside a CPU build of torch fails at import with "operator torchvision::nms
does not exist": its compiled operators cannot be loaded, and its Python code registers fake versions of them. Declaring
those two operators, without an implementation, lets datasets, transforms and models import.
"""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

_declared: list[Any] = []  # a torch Library un-declares its operators when it is collected


@cache
def torchvision() -> ModuleType:
    """The torchvision package, importable whichever build of it is installed."""
    import torch

    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ImportError("torchvision is not installed: pip install torchvision")
    compiled = Path(spec.origin).with_name("_C.so")
    if compiled.exists():
        try:
            torch.ops.load_library(compiled)
        except OSError:
            library = torch.library.Library("torchvision", "FRAGMENT")
            for name in ("nms", "qnms"):
                library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            _declared.append(library)
    return importlib.import_module("torchvision")
