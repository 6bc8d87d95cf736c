"""Where runs, downloads and caches live."""

import os
from pathlib import Path

import platformdirs

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds the package; ``checkpoints/`` lies in it."""


def home() -> Path:
    """The data folder: ``CNNVIZ_HOME``, or the platform's user data folder. Read anew at each call."""
    chosen = os.environ.get("CNNVIZ_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("cnnviz", appauthor=False))
