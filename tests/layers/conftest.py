import re
from collections.abc import Callable

import numpy as np
import pytest


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
