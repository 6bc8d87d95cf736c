"""What is said of an answer."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnnviz.ui.pickers.predictions import _answer, percent

CATS: Any = SimpleNamespace(card=SimpleNamespace(class_names=("cat", "dog", "ship")))


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("cat", ":green[**✓**] It says **cat** (60.0%), and that is right. Then dog (30.0%), ship (10.0%)."),
        ("dog", ":red[**✗**] It says **cat** (60.0%); it is **dog** (30.0%)."),
        ("", "It says **cat** (60.0%), then dog (30.0%), ship (10.0%)."),
        ("star", "It says **cat** (60.0%), then dog (30.0%), ship (10.0%)."),
    ],
)
def test_right_and_wrong_where_the_truth_is_a_class_of_the_network(truth: str, said: str) -> None:
    assert _answer(CATS, np.array([0.6, 0.3, 0.1]), truth) == said


def test_nothing_that_may_be_is_said_to_be_certain() -> None:
    assert [percent(share) for share in (0, 1e-9, 0.0004, 0.0005, 0.9994, 0.99951, 1)] == [
        "<0.1%",
        "<0.1%",
        "<0.1%",
        "0.1%",
        "99.9%",
        ">99.9%",
        ">99.9%",
    ]
