"""Where kernels of a network are picked, one that has none is a sentence and a choice of those that have some."""

import pytest

from cnnviz.inspection import kernels
from cnnviz.layers import Conv2d, ConvTranspose2d, Flatten, Linear, Residual
from cnnviz.networks import Network, architecture
from cnnviz.runs import Card, RunStore, Spec, load_checkpoint, shipped
from cnnviz.runs.checkpoints import save_checkpoint
from cnnviz.training import TrainingConfig
from tests.pages.conftest import OpenPage

PLACES = [
    ("convolution", {"kernel": "learned"}),
    ("convolution", {"kernel": "learned", "image": "feature maps"}),
    ("convolution", {"kernel": "learned", "layer": "ConvTranspose2d", "compare": "3"}),
    ("pooling", {"kernel": "learned", "strided": "true"}),
    ("kernels", {}),
]
TAIL = (Flatten(), Linear(out_features=10))


def run_of(network: Network) -> str:
    """A run that has weights."""
    store = RunStore()
    run = store.create(Spec(network=network, dataset="digits", config=TrainingConfig(epochs=1)))
    _, card = load_checkpoint("lenet5-mnist")
    own = Card.model_validate(card.model_dump() | {"name": run.id, "network": network})
    save_checkpoint(store.folder(run.id) / "checkpoint", network.module().state_dict(), own)
    return run.id


NETWORKS = {
    "mlp": architecture("mlp").fitted((1, 28, 28), 10),
    "transposed": Network(
        name="t", input_shape=(1, 28, 28), layers=(ConvTranspose2d(out_channels=1, kernel_size=3), *TAIL)
    ),
    "block": Network(
        name="b", input_shape=(1, 28, 28), layers=(Residual(body=(Conv2d(out_channels=1, kernel_size=1),)), *TAIL)
    ),
}


@pytest.mark.parametrize(("page", "address"), PLACES)
@pytest.mark.parametrize("which", ["mlp-cifar10", "mlp", "transposed"])
def test_a_network_without_kernels(open_page: OpenPage, page: str, address: dict[str, str], which: str) -> None:
    name = run_of(NETWORKS[which]) if which in NETWORKS else which
    inside = run_of(NETWORKS["block"])
    app = open_page(page, **address, model=name)
    assert not app.error
    said = [warning.value.replace("\\", "") for warning in app.warning]
    assert said == [f"{name} has no convolution, and so no kernels: choose a network that has one."]
    offered = app.selectbox(key="model").options
    assert set(offered) == {one for one in shipped() if kernels(load_checkpoint(one)[0])} | {inside}
    for other in (inside, "tutorial_net-cifar10"):
        app.selectbox(key="model").set_value(other).run()
        assert not app.exception
        assert not app.error
        assert not app.warning


def test_any_network_can_be_followed_and_compared(open_page: OpenPage) -> None:
    for name in [run_of(network) for network in NETWORKS.values()]:
        app = open_page("activations", model=name)
        assert not app.error
        assert name in app.selectbox(key="model").options
        app = open_page("compare", runs=f"{name},mlp-cifar10")
        assert not app.error
