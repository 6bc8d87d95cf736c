"""How many cases a random test tries: a twentieth in `make test`, all of them in `make test-full SEED=n`."""

import os

FULL = os.environ.get("CNNVIZ_TEST_FULL") == "1"
SEED = int(os.environ.get("CNNVIZ_TEST_SEED", "0"))


def cases(full: int) -> int:
    """Of a test whose whole number is ``full``."""
    return full if FULL else max(1, full // 20)
