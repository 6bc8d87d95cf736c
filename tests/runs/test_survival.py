"""Deaths by SIGKILL: of workers, at random moments and before each file that they touch, and of those who queue runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.paths import PROJECT

SEED = int(os.environ.get("CNNVIZ_TEST_SEED", "7"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the victims are forks")
@pytest.mark.parametrize(("what", "least"), [("workers", 50), ("files", 40), ("apps", 20)])
def test_nothing_that_was_finished_is_lost_and_a_run_goes_on_bit_for_bit(home: Path, what: str, least: int) -> None:
    survivor = subprocess.run(
        [sys.executable, "-m", "tests.runs.survivor", what, str(SEED)],
        cwd=PROJECT,
        env={**os.environ, "CNNVIZ_HOME": str(home), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert survivor.returncode == 0, f"CNNVIZ_TEST_SEED={SEED}\n{survivor.stderr[-4_000:]}"
    figures = json.loads(survivor.stdout.splitlines()[-1])
    assert figures["kills"] >= least, figures
