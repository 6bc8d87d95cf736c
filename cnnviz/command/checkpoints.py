"""``cnnviz checkpoints``: the trained networks that come with the app."""

import argparse

from cnnviz.runs import checkpoints, read_card, shipped
from cnnviz.training.accuracy import accuracy_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def do(_: argparse.Namespace) -> int:
    for name in shipped():
        card = read_card(checkpoints.SHIPPED / name)
        accuracy = "" if card.test_accuracy is None else accuracy_text(card.test_accuracy, card.test_images)
        print(f"{name:24} {card.network.name} on {card.dataset}: {accuracy}\n{'':24} {card.command}")
    return 0
