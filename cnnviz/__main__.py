"""The command line: ``cnnviz`` opens the app, ``cnnviz train`` and its like train and look after networks.

Streamlit is not imported here, and torch only by the commands that need it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from cnnviz import __version__
from cnnviz.command.opening import open_app

COMMANDS = {
    "train": "train a network; the run shows in the app",
    "resume": "go on with a run from where it was stopped",
    "delete": "remove a run and its weights for good",
    "runs": "list the runs",
    "data": "datasets",
    "checkpoints": "list the trained networks that come with the app",
}
"""Each is a module of ``cnnviz.command`` that adds its arguments to a parser and then does what they say."""


class _Command(argparse.ArgumentParser):
    """The parser of one command, which imports it when it is asked for."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        name = self.prog.split()[-1]
        module = import_module(f"cnnviz.command.{name}")
        module.add_arguments(self)
        self.set_defaults(do=module.do, words=[name, *args])
        return super().parse_known_args(args, namespace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cnnviz",
        description="Set up, train and look inside convolutional networks. Without a command: open the app.",
        epilog="What follows -- is for Streamlit: cnnviz -- --server.maxUploadSize 50",
    )
    parser.add_argument("--version", action="version", version=f"cnnviz {__version__}")
    parser.add_argument("--port", type=int, help="where the app listens. Default: 8501 or the next one that is free.")
    parser.add_argument("--host", metavar="ADDRESS", help="for whom it listens: 127.0.0.1 is this machine alone.")
    parser.add_argument(
        "--home", metavar="FOLDER", help="where runs and data live. Default: CNNVIZ_HOME, or the user's data folder."
    )
    commands = parser.add_subparsers(dest="command", metavar="command", parser_class=_Command)
    for name, says in COMMANDS.items():
        commands.add_parser(name, help=says)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if words is None else words)
    end = words.index("--") if "--" in words else len(words)
    parser, for_streamlit = _parser(), words[end + 1 :]
    arguments = parser.parse_args(words[:end])
    if arguments.home:
        # Workers have another current directory.
        os.environ["CNNVIZ_HOME"] = str(Path(arguments.home).expanduser().absolute())
    if arguments.command is None:
        return open_app(arguments.host, arguments.port, for_streamlit)
    if arguments.host or arguments.port is not None or for_streamlit:
        parser.error(f"--host, --port and what follows -- are for the app, which {arguments.command} does not open")
    from cnnviz.command.carrying_out import carry_out

    return carry_out(arguments)


def run() -> None:
    """Do what was said, and end this process."""
    code = main()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:  # started by torchrun
        from cnnviz.training.team import leave

        leave(code)
    sys.exit(code)


if __name__ == "__main__":
    run()
