import pytest

from cnnviz.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Residual
from cnnviz.networks import Network, architecture
from cnnviz.runs import Run, RunStore, Spec, StoreError
from cnnviz.runs.checkpoints import SHIPPED
from cnnviz.runs.worker import work
from cnnviz.training import TrainingConfig
from tests.pages.conftest import OpenPage
from tests.runs.cases import tiny


def test_the_shipped_network_layer_by_layer(open_page: OpenPage) -> None:
    app = open_page("kernels")
    assert app.subheader[0].value == "conv1: 32 filters × 1 input channel, 5×5 each"
    assert "99.46% of 10,000 test images (95 % interval: 99.3% to 99.6%)" in app.caption[0].value
    app = open_page("kernels", layer="conv2", filter="47", channel="31")
    assert app.subheader[0].value == "conv2: 48 filters × 32 input channels, 5×5 each"
    assert app.subheader[1].value == "Filter 47, input channel 31"


def test_what_the_colours_mean_is_said_once(open_page: OpenPage) -> None:
    said = [caption.value for caption in open_page("kernels").caption if "Colours: " in caption.value]
    assert len(said) == 1
    assert "weights purple below 0, grey at 0, green above; outputs are blue below 0" in said[0]


def test_every_image_source_fits_the_network(open_page: OpenPage) -> None:
    for image in ("digit", "shape", "lecture", "upload"):
        assert len(open_page("kernels", image=image).subheader) == 3


def test_a_run_also_on_colour_images(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("tutorial_net"), dataset="shapes", config=TrainingConfig(epochs=1)))
    work(store, run.id)
    app = open_page("kernels", model=run.id)
    assert app.subheader[0].value == "conv1: 6 filters × 3 input channels, 5×5 each"
    assert app.subheader[1].value == "Filter 0"  # in colour it is one picture
    assert "channel" not in [field.key for field in app.number_input]
    app.segmented_control(key="kernel_colours").set_value("each channel").run()
    assert app.subheader[1].value == "Filter 0, input channel 0"
    app = open_page("kernels", model=run.id, kernel_colours="each channel", filter="5", channel="2")
    assert app.subheader[1].value == "Filter 5, input channel 2"
    assert "kernel_colours" not in [
        field.key for field in open_page("kernels", model=run.id, layer="conv2").segmented_control
    ]
    assert open_page("kernels", model=run.id, image="digit").subheader[2].value == "Its map of digit 3, example 0"


def test_a_network_of_blocks_has_its_layers_in_a_menu(open_page: OpenPage) -> None:
    conv = Conv2d(out_channels=3, kernel_size=3, padding=1)
    layers = (
        *[Residual(body=(conv, BatchNorm2d()))] * 7,
        MaxPool2d(kernel_size=16),
        Flatten(),
        Linear(out_features=10),
    )
    network = Network(name="blocks", input_shape=(3, 32, 32), layers=layers)
    store = RunStore()
    run = store.create(Spec(network=network, dataset="shapes", config=TrainingConfig(epochs=1, batch_size=512)))
    work(store, run.id)
    app = open_page("kernels", model=run.id, layer="residual7.body.conv1", filter="2")
    assert app.subheader[0].value == "residual7.body.conv1: 3 filters × 3 input channels, 3×3 each"
    assert len(app.selectbox(key="layer").options) == 7


def test_a_network_without_convolutions_has_no_kernels(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("mlp"), dataset="digits", config=TrainingConfig(epochs=1)))
    work(store, run.id)
    assert "has no convolution" in open_page("kernels", model=run.id).warning[0].value


@pytest.mark.parametrize("damaged", ["checkpoint.json", "snapshot.safetensors"])
def test_a_run_with_damaged_files_is_a_sentence(open_page: OpenPage, damaged: str) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=1)))
    for name in ("checkpoint", "snapshot"):
        (store.folder(run.id) / f"{name}.safetensors").write_bytes((SHIPPED / "lenet5-mnist.safetensors").read_bytes())
    (store.folder(run.id) / "checkpoint.json").write_bytes((SHIPPED / "lenet5-mnist.json").read_bytes())
    (store.folder(run.id) / damaged).write_bytes(b"half a fi")
    app = open_page("kernels", model=run.id)
    assert len(app.error) == 1
    assert "damaged" in app.error[0].value


def test_a_run_that_trains_is_followed(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=1)))
    for ending in (".safetensors", ".json"):
        shipped = (SHIPPED / "lenet5-mnist").with_suffix(ending)
        (store.folder(run.id) / "checkpoint").with_suffix(ending).write_bytes(shipped.read_bytes())
    with store.claim(run.id):
        store.start(run.id)
        app = open_page("kernels", model=run.id)
        assert app.caption[0].value.endswith("– still training")
        store.end(run.id, "finished")
    app.run()
    assert not app.caption[0].value.endswith("– still training")


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("kernels", {}),
        ("activations", {}),
        ("convolution", {"kernel": "learned"}),
        ("pooling", {"kernel": "learned", "strided": "true"}),
        ("compare", {}),
    ],
)
def test_first_weights_are_called_what_they_are(open_page: OpenPage, page: str, address: dict[str, str]) -> None:
    """Wherever one can look at a run that failed at once."""
    store = RunStore()
    run = store.create(tiny(learning_rate=10.0, optimizer="sgd", momentum=0.99, epochs=4, batch_size=64))
    assert work(store, run.id).epochs_done == 0
    app = open_page(page, model=run.id, runs=run.id, **address)
    assert "failed before its first epoch was done" in " ".join(caption.value for caption in app.caption)
    store.end(run.id, "finished")
    app = open_page(page, model=run.id, runs=run.id, **address)
    assert "before its first epoch" not in " ".join(caption.value for caption in app.caption)


@pytest.mark.parametrize("page", ["kernels", "activations"])
def test_a_run_that_waits_is_not_called_missing(open_page: OpenPage, page: str) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("tutorial_net"), dataset="digits", config=TrainingConfig(epochs=1)))
    app = open_page(page, model=run.id)
    assert [info.value.replace("\\", "") for info in app.info] == [
        f"{run.id} has no weights yet: it is about to begin, and shown here when it has."
    ]
    assert "".join(app.query_params["model"]) == run.id
    work(store, run.id)
    app.run()
    assert not app.info
    assert any("LeNet (PyTorch notes) on digits" in caption.value for caption in app.caption)


def test_a_run_that_is_deleted_while_it_is_shown_is_said_to_be_gone(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("tutorial_net"), dataset="digits", config=TrainingConfig(epochs=1)))
    work(store, run.id)
    app = open_page("kernels", model=run.id)
    store.delete(run.id)
    app.run()
    assert [one.value.replace("\\", "") for one in app.warning] == [f"{run.id} has been deleted: this is lenet5-mnist."]
    app.run()
    assert not app.warning


def test_a_run_that_the_store_cannot_give_just_now_is_not_called_deleted(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("tutorial_net"), dataset="digits", config=TrainingConfig(epochs=1)))
    work(store, run.id)
    app = open_page("kernels", model=run.id)

    def list_(*_: object, **__: object) -> list[Run]:
        raise StoreError("The store is busy.")

    monkeypatch.setattr(RunStore, "list", list_)
    app.run()
    assert not app.exception
    assert "deleted" not in " ".join(one.value for one in app.warning)
