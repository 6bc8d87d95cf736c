"""``cnnviz data download NAME``."""

import argparse
import sys

from cnnviz.command.bar import bar, end_bar
from cnnviz.data import SOURCES, DataError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="command", parser_class=argparse.ArgumentParser)
    download = actions.add_parser("download", help="fetch a dataset")
    download.add_argument("name", choices=list(SOURCES))


def do(arguments: argparse.Namespace) -> int:
    return fetch(arguments.name)


def fetch(name: str) -> int:
    from cnnviz.data.downloads import download

    source = SOURCES[name]
    print(f"downloading {source.title} ({source.megabytes})")
    try:
        path = download(
            name, lambda fetched, total: bar(fetched / total, f"{fetched / 1e6:.0f} of {total / 1e6:.0f} MB")
        )
    except DataError as error:
        end_bar()
        print(error, file=sys.stderr)
        return 1
    end_bar()
    print(path)
    return 0
