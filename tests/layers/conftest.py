import re
from collections.abc import Callable

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Inputs are tiny: threads would mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def assert_close() -> Callable[..., None]:
    """Equal up to float32 rounding, which grows with the largest number in the sum."""

    def check(ours, theirs) -> None:
        theirs = theirs.detach().numpy()
        assert ours.dtype == np.float32
        magnitude = max(1.0, np.abs(theirs[np.isfinite(theirs)]).max(initial=0))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * magnitude)

    return check


@pytest.fixture(scope="session")
def assert_one_sentence() -> Callable[[str, str], None]:
    def check(text: str, layer: str) -> None:
        assert "\n" not in text
        assert not re.search(r"[.!?]\s", text), f"more than one sentence: {text}"
        assert text.startswith(layer)
        assert re.search(r"\d", text.removeprefix(layer)), f"names no number: {text}"

    return check
