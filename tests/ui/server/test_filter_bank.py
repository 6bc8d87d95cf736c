"""The route that serves kernels of all sizes."""

import numpy as np
import pytest

from cnnviz.components.assets import MODULES, VERSION
from cnnviz.layers.presets import filter_bank
from cnnviz.ui.server.filter_bank import SIZES, query_for
from tests.ui.server.test_modules import asked

BANK = f"/{MODULES}/{VERSION}/filter_bank"


@pytest.mark.parametrize(
    "case", [("blur", 4, 3, 0), ("random", 2, 1, 9999), ("soft blur", 20, 1, 7), ("edges →", 0, 0, 0)]
)
def test_the_kernels_of_each_size_one_after_the_other(case: tuple[str, int, int, int]) -> None:
    status, headers, body = asked(BANK, query_for(*case))
    if case[0] == "edges →":
        assert status == 404
        return
    kind, filters, channels, seed = case
    assert (status, headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    found, at = np.frombuffer(body, "<f4"), 0
    assert [*SIZES] == [*range(1, 12)]  # the browser counts on it
    for k in SIZES:
        wanted = filter_bank(kind, filters, channels, (k, k), seed)[0]
        np.testing.assert_array_equal(found[at : at + wanted.size], wanted.ravel())
        at += wanted.size
    assert at == len(found)


def test_too_many_are_not_offered_and_not_served() -> None:
    assert query_for("blur", 64, 8, 0)
    assert query_for("blur", 64, 9, 0) == ""
    for query in (
        "kind=blur&filters=64&channels=9&seed=0",
        "kind=blur&filters=99999&channels=99999&seed=0",
        "kind=blur&filters=1&channels=1&seed=10000",
        "kind=blur&filters=-1&channels=-1&seed=0",
        "kind=blur&filters=1e3&channels=1&seed=0",
        "kind=blur&filters=%D9%A1&channels=1&seed=0",
        "kind=learned&filters=1&channels=1&seed=0",
        "filters=1&channels=1&seed=0",
        "",
    ):
        assert asked(BANK, query)[0] == 404, query
    assert asked(f"/{MODULES}/0123456789ab/filter_bank", query_for("blur", 1, 1, 0))[0] == 404
