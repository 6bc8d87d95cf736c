"""Who opens valid addresses and touches what he sees meets no error, and finds again what he has left."""

from functools import cache
from random import Random

import pytest

from cnnviz.data import form
from cnnviz.layers import ShapeError
from cnnviz.networks import architecture
from cnnviz.networks.table import check_runs
from cnnviz.runs import shipped
from cnnviz.ui.compare.ready_comparisons import READY
from cnnviz.ui.frame.hiding import hideable
from cnnviz.ui.pickers.examples import CONVOLUTIONS, POOLINGS, Examples
from tests.pages.visits import Address, Visitor, controls, written
from tests.scale import SEED, cases

TITLES = {
    "convolution": "Convolution",
    "pooling": "Pooling",
    "builder": "Builder",
    "models": "Models",
    "train": "Train",
    "compare": "Compare",
    "kernels": "Kernels",
    "activations": "Activations",
}
SMALL = ("mlp", "tutorial_net", "lenet5_1998", "lenet5", "lenet5_strided", "simplified_resnet")
"""Of the architectures those that a picture passes in no time."""
STAYS = 25
"""So many addresses one visitor opens."""
MOST_KNOWN = 200


def addresses() -> dict[str, list[Address]]:
    """By page, to begin with: what the pages themselves offer, and each shipped network wherever one can be chosen."""
    known: dict[str, list[Address]] = {page: [{}] for page in TITLES}
    known["convolution"] += [as_text(CONVOLUTIONS, name) for name in CONVOLUTIONS]
    known["pooling"] += [as_text(POOLINGS, name) for name in POOLINGS]
    known["compare"] += [{"runs": list(ready.names)} for ready in READY]
    for name in shipped():
        known["convolution"].append({"kernel": "learned", "model": name})
        known["pooling"].append({"kernel": "learned", "model": name, "strided": "true"})
        known["compare"].append({"runs": [name]})
        known["kernels"].append({"model": name})
        known["activations"].append({"model": name})
    return known


def as_text(examples: Examples, name: str) -> Address:
    return {key: str(value) for key, value in examples[name].items()}


@cache
def fits(key: str, dataset: str) -> bool:
    """Whether a known architecture can be trained on a dataset: if not, the page says why, which is no fault of its."""
    try:
        check_runs(architecture(key).fitted(*form(dataset)))
    except ShapeError:
        return False
    return True


def wanted(visitor: Visitor, name: str) -> object:
    """A value that somebody might choose, of those that the control offers."""
    value, stated = visitor.offers(name), controls(visitor.app)
    if (visitor.page, name) == ("activations", "model"):
        return visitor.random.choice([*shipped(), *SMALL])
    if (visitor.page, name) == ("train", "held_out"):
        return visitor.random.choice([0.0, 144.0])  # of any dataset
    if visitor.page == "train" and name in ("recipe", "optimizer"):  # a conflict that the page says
        pair = {one: written(stated[one]) for one in ("recipe", "optimizer") if one in stated} | {name: str(value)}
        return written(stated[name]) if pair.get("recipe") == "speed" and pair.get("optimizer") != "sgd" else value
    if visitor.page == "train" and name in ("architecture", "dataset"):
        pair = {one: written(stated[one]) for one in ("architecture", "dataset")} | {name: str(value)}
        return value if fits(key=pair["architecture"], dataset=pair["dataset"]) else written(stated[name])
    return value


def visit(visitor: Visitor, page: str, address: Address) -> None:
    """Open it, touch up to three controls, go away, and come back by the address that the page has then."""
    visitor.go(page, address)
    assert not visitor.complaints()
    for _ in range(visitor.random.randint(1, 3)):
        if in_sight := sorted(controls(visitor.app, seen=True)):
            name = visitor.random.choice(in_sight)
            visitor.touch(name, wanted(visitor, name))
            assert not visitor.complaints()
    before = {name: written(control) for name, control in controls(visitor.app).items()}
    visitor.go(page, visitor.address())
    assert not visitor.complaints()
    assert {name: written(control) for name, control in controls(visitor.app).items()} == before


@pytest.mark.usefixtures("launched")
def test_random_addresses_and_touches_meet_no_error() -> None:
    random, known = Random(SEED), addresses()
    for number in range(cases(1_000)):
        if number % STAYS == 0:
            visitor = Visitor(random)
        page = random.choice(list(TITLES))
        address = dict(random.choice(known[page]))
        if random.random() < 0.4:
            address["hide"] = ",".join(random.sample(sorted(hideable(TITLES[page])), random.randint(1, 3)))
        visitor.history.clear()
        try:
            visit(visitor, page, address)
        except Exception as error:
            error.add_note(f"visit {number} of seed {SEED}: {visitor.history}")
            raise
        if len(known[page]) < MOST_KNOWN:
            known[page].append(
                {
                    name: value
                    for name, value in visitor.address().items()
                    if name not in ("hide", "projector", "exercise")
                }
            )
