"""Where runs, downloads and caches live, and how a sentence names a file."""

import os
import re
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_app"  # laid into the wheel by pyproject.toml
PROJECT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
"""The folder with ``app.py``, ``pages/`` and ``checkpoints/``: the repository's, or one inside an installed package."""

_QUOTED = re.compile(r"""(['"])((?:~|[A-Za-z]:)?[\\/][^'"\n]*)\1""")
_BARE = re.compile(r"""(?<![\w\\/.:~])(?:~|[A-Za-z]:)?(?:[\\/]+[^\s\\/'"<>|:,;()]+){2,}[\\/]?""")


def home() -> Path:
    """The data folder: ``CNNVIZ_HOME``, or the platform's user data folder. Read anew at each call."""
    chosen = os.environ.get("CNNVIZ_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("cnnviz", appauthor=False))


def without_places(text: str) -> str:
    """A sentence that names files and not where they are: others may read it, who have no business to know.

    Addresses on the web stay.
    """
    for folder in (home(), PROJECT, _PACKAGE.parent):  # their names may hold spaces
        text = text.replace(f"{folder}{os.sep}", f"{os.sep}…{os.sep}").replace(str(folder), "the data folder")
    text = _QUOTED.sub(lambda match: f"{match[1]}{_last(match[2])}{match[1]}", text)
    return _BARE.sub(lambda match: _last(match[0]), text)


def _last(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]
