"""What a network is shown first."""

from types import SimpleNamespace
from typing import Any

import pytest

from cnnviz.networks import architecture
from cnnviz.ui.pickers import image_picker
from cnnviz.ui.pickers.image_picker import greeting


@pytest.mark.parametrize("here", [False, True])
@pytest.mark.parametrize(
    ("dataset", "key", "without", "with_it"),
    [
        ("cifar10", "tutorial_net", "photograph", "test image"),
        ("", "vgg16", "photograph", "photograph"),
        ("shapes", "tutorial_net", "shape", "shape"),
        ("mnist", "lenet5", "digit", "digit"),
        ("digits", "lenet5", "digit", "digit"),
        ("fashion_mnist", "lenet5", "digit", "test image"),
        ("", "lenet5", "digit", "digit"),
    ],
)
def test_a_network_is_greeted_by_a_picture_of_its_own_kind(
    monkeypatch: pytest.MonkeyPatch, here: bool, dataset: str, key: str, without: str, with_it: str
) -> None:
    monkeypatch.setattr(image_picker, "is_available", lambda _name: here)
    card: Any = SimpleNamespace(dataset=dataset, network=architecture(key))
    assert greeting(card) == (with_it if here else without)
