import re
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.layers import AdaptiveAvgPool2d, AnyLayer, Conv2d, Flatten, Linear, Sigmoid, Softmax
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.code import encode
from cnnviz.networks.graph import graph
from cnnviz.networks.table import table, totals
from cnnviz.runs import RunStore, Spec, load_checkpoint
from cnnviz.runs.checkpoints import SHIPPED
from cnnviz.training import TrainingConfig
from cnnviz.ui.pickers.image_picker import digit_image
from cnnviz.ui.pickers.model_picker import BUILT
from cnnviz.ui.pickers.predictions import no_other_answer
from tests.pages.conftest import OpenPage

SMALL = [key for key in architectures() if totals(table(architecture(key))).macs < 600_000_000]


def one_of_each_kind(network: Network) -> list[str]:
    """A layer of each kind, the last ones, which have read the most."""
    return list({type(node.layer): node.name for node in graph(network)}.values())


@pytest.mark.parametrize("colour", ["grey", "RGB"])
@pytest.mark.parametrize("key", SMALL)
def test_every_kind_of_layer_of_every_small_architecture(open_page: OpenPage, key: str, colour: str) -> None:
    address = {"model": key, "image": "shape", "colour": colour}
    app = open_page("activations", **address)
    assert "untrained" in app.caption[0].value
    assert "It says " in app.markdown[0].value
    for name in one_of_each_kind(architecture(key)):
        app = open_page("activations", **address, look=f"{name}:0")
        assert not app.error
        assert any(button.key == "go_layer" for button in app.button), name


def test_the_shipped_network_sees_what_it_is_shown(open_page: OpenPage) -> None:
    seen = []
    for digit in "0123456789":
        app = open_page("activations", digit=digit, example="1")
        assert (
            app.caption[0].value
            == "LeNet-5 (Keras notes) on mnist, 99.46% of 10,000 test images (95 % interval: 99.3% to 99.6%)"
        )
        seen.append(app.markdown[0].value.startswith(f":green[**✓**] It says **{digit}** ("))
    assert sum(seen) >= 8  # the digits are not MNIST's


def test_levels_and_ways_back(open_page: OpenPage) -> None:
    app = open_page("activations", look="conv2:7:5.6")
    assert app.query_params["look"] == "conv2:7:5.6"
    app.button(key="go_unit").click().run()
    assert app.query_params["look"] == "conv2:7"
    app.button(key="go_layer").click().run()
    assert app.query_params["look"] == "conv2"
    app.button(key="go_network").click().run()
    assert "look" not in app.query_params
    assert not app.exception


def test_on_to_the_next_layer_with_the_same_map(open_page: OpenPage) -> None:
    app = open_page("activations", look="conv2:7")
    app.button(key="go_after").click().run()
    assert app.query_params["look"] == "relu2:7"
    app.button(key="go_after").click().run()
    assert app.query_params["look"] == "pool2:7"
    app.button(key="go_after").click().run()
    assert app.query_params["look"] == "flatten1:0"
    for _ in range(3):
        app.button(key="go_before").click().run()
    assert app.query_params["look"] == "conv2:0"


@pytest.mark.parametrize(
    "change", [{"right": "9"}, {"down": "-9"}, {"pixels": "_".join(f"{i}.{i}~255" for i in range(28))}]
)
def test_a_changed_picture_changes_what_is_seen(open_page: OpenPage, change: dict[str, str]) -> None:
    before = open_page("activations", digit="1").markdown[0].value
    assert open_page("activations", digit="1", **change).markdown[0].value != before


def test_a_network_of_the_address(open_page: OpenPage) -> None:
    code = encode(architecture("lenet5_1998"))
    app = open_page("activations", net=code)
    assert app.selectbox(key="model").value == BUILT
    assert "LeNet-5" in app.caption[0].value
    app = open_page("activations", net=code, model="lenet5-mnist")
    assert app.caption[0].value.startswith("LeNet-5 (Keras notes) on mnist")
    app = open_page("activations", net="nonsense")
    assert len(app.warning) >= 1
    assert app.caption[0].value.startswith("LeNet-5 (Keras notes) on mnist")


def test_a_network_that_reads_features(open_page: OpenPage) -> None:
    network = Network(name="features", input_shape=(5,), layers=(Linear(out_features=3),))
    assert "features, not images" in open_page("activations", net=encode(network)).info[0].value


def test_a_network_without_layers(open_page: OpenPage) -> None:
    network = Network(name="nothing", input_shape=(1, 8, 8), layers=())
    assert open_page("activations", net=encode(network)).title[0].value


def test_a_look_at_what_is_not_there_is_the_whole_network(open_page: OpenPage) -> None:
    for look in ("conv9:1", "conv2:48", "conv2:7:99.99", "softmax:10", ":", "input"):
        app = open_page("activations", look=look)
        assert app.markdown[0].value.startswith(":green[**✓**] It says **3**")


def test_a_run_that_trains_is_followed(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=1)))
    for ending in (".safetensors", ".json"):
        shipped = (SHIPPED / "lenet5-mnist").with_suffix(ending)
        (store.folder(run.id) / "checkpoint").with_suffix(ending).write_bytes(shipped.read_bytes())
    with store.claim(run.id):
        store.start(run.id)
        app = open_page("activations", model=run.id, look="conv2:7")
        assert app.caption[0].value.endswith("– still training")
        store.end(run.id, "finished")
    app.run()
    assert not app.caption[0].value.endswith("– still training")
    assert app.query_params["look"] == "conv2:7"


def test_damaged_weights_are_a_sentence(open_page: OpenPage) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=1)))
    (store.folder(run.id) / "checkpoint.json").write_bytes((SHIPPED / "lenet5-mnist.json").read_bytes())
    (store.folder(run.id) / "checkpoint.safetensors").write_bytes(b"half a fi")
    app = open_page("activations", model=run.id)
    assert "damaged" in app.error[0].value


def test_a_closed_relu_of_the_shipped_network_has_a_way_to_where_pixels_matter(open_page: OpenPage) -> None:
    module, card = load_checkpoint("lenet5-mnist")
    x = card.standardised(digit_image("3").pixels)
    found: dict[str, torch.Tensor] = {}
    for name in ("conv1", "relu1"):
        module.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: found.update({name: out[0]}))
    with torch.no_grad():
        module(torch.from_numpy(x)[None])
    channel, row, col = (int(i) for i in torch.nonzero(found["conv1"] < -0.1)[0])
    app = open_page("activations", look=f"relu1:{channel}:{row}.{col}")
    app.button(key="go_closed").click().run()
    assert app.query_params["look"] == f"conv1:{channel}:{row}.{col}"
    assert not app.exception
    assert not [button for button in app.button if button.key == "go_closed"]


def called_unlike(app: AppTest) -> list[str]:
    return [text.value for text in app.markdown if ":material/warning:" in text.value]


UNLIKE = "is unlike 99% of the images that the network has learned on: it "


@pytest.mark.parametrize(
    ("model", "picture", "said"),
    [
        ("lenet5-cifar10", {"image": "photograph"}, ""),
        ("lenet5-cifar10", {"image": "photograph", "colour": "grey"}, "This picture has no colours, as hardly any"),
        ("lenet5-cifar10", {"image": "shape", "shape": "star"}, f"{UNLIKE}has colours that change more from pixel"),
        ("lenet5-cifar10", {"image": "digit"}, "This picture has no colours, as hardly any"),
        ("lenet5-mnist", {"image": "digit"}, ""),
        ("lenet5-mnist", {"image": "photograph"}, f"{UNLIKE}has a brighter border and has more grain."),
        ("lenet5-mnist", {"image": "pattern", "pattern": "checkerboard"}, UNLIKE),
        ("resnet18", {"image": "digit"}, ""),  # has learned on nothing
    ],
)
def test_a_picture_unlike_the_training_images_is_called_so(
    open_page: OpenPage, model: str, picture: dict[str, str], said: str
) -> None:
    remarks = called_unlike(open_page("activations", model=model, **picture))
    assert len(remarks) == bool(said)
    assert all(said in remark for remark in remarks)


def answers(app: AppTest) -> list[str]:
    return [text.value for text in app.markdown if "It says" in text.value or "reads a" in text.value]


def said_once(app: AppTest) -> bool:
    return [text.value for text in app.caption if "none of these" in text.value] == [no_other_answer(10)]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ({"image": "draw"}, "Draw something"),
        ({"image": "draw", "drawing": "nonsense"}, "Draw something"),
        ({"image": "draw", "drawing": "kAAzz", "as_digit": "false"}, "Draw something"),  # the eraser's
        ({"image": "upload"}, "Upload a picture first"),
        ({"image": "camera"}, "Take a picture first"),
        ({"image": "dataset"}, "download it on the Train page"),
    ],
)
def test_nothing_is_answered_where_there_is_no_picture(
    open_page: OpenPage, address: dict[str, str], sentence: str, home: Path
) -> None:
    app = open_page("activations", **address)
    assert not answers(app)
    assert app.info[0].value.startswith("There is no picture to look at. ")
    assert sentence in app.info[0].value
    for page in ("convolution", "pooling", "kernels"):
        app = open_page(page, **address)
        assert not answers(app)
        assert not app.error


def test_an_empty_sheet_that_is_painted_on_is_answered_for(open_page: OpenPage) -> None:
    app = open_page("activations", image="draw", pixels="_".join(f"{row}.14~255" for row in range(5, 23)))
    (answer,) = answers(app)
    assert answer.startswith("It says **1**")


def test_beside_an_answer_stands_once_what_it_cannot_say(open_page: OpenPage) -> None:
    drawing = {"image": "draw", "drawing": "wgMgz"}
    for page, address in (
        ("activations", {}),
        ("activations", drawing),
        ("convolution", drawing),
        ("kernels", drawing),
    ):
        app = open_page(page, **address)
        assert len(answers(app)) == 1
        assert said_once(app)
    for address in ({"image": "digit"}, drawing):
        assert said_once(open_page("pooling", more="subsampling", **address))


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        (
            [Linear(out_features=10), Sigmoid()],
            r"It ends in Sigmoid: its 10 numbers are no probabilities; the largest .* \*\*class {at}\*\*, {value}\.",
        ),
        ([Linear(out_features=10), Softmax()], r"It says \*\*class {at}\*\* "),
        ([Linear(out_features=1)], r"It ends in a single number: there are no classes to choose from\."),
    ],
)
def test_numbers_after_an_activation_are_numbers(open_page: OpenPage, ending: list[AnyLayer], sentence: str) -> None:
    network = Network(name="own", input_shape=(1, 28, 28), layers=[Flatten(), *ending])
    with torch.random.fork_rng():
        torch.manual_seed(0)  # as the page draws them
        module = network.module().eval()
    app = open_page("activations", net=encode(network), image="digit", digit="3")
    x = torch.from_numpy(digit_image("3").values)[None]
    out = module((x - 0.5) / 0.5)[0].detach()
    expected = sentence.format(at=int(out.argmax()), value=f"{float(out.max()):.3g}")
    assert re.search(expected, " ".join(element.value for element in app.markdown))
    assert "no prediction" not in " ".join(element.value for element in app.markdown)


def test_maps_make_no_prediction(open_page: OpenPage) -> None:
    network = Network(name="own", input_shape=(1, 28, 28), layers=[Conv2d(out_channels=10, kernel_size=3)])
    app = open_page("activations", net=encode(network))
    assert "It ends in maps" in " ".join(element.value for element in app.markdown)


def test_one_map_cell_a_class_is_a_number_a_class(open_page: OpenPage) -> None:
    layers = [Conv2d(out_channels=10, kernel_size=3), AdaptiveAvgPool2d(output_size=1)]
    app = open_page("activations", net=encode(Network(name="own", input_shape=(1, 28, 28), layers=layers)))
    assert "It ends in AdaptiveAvgPool2d: its 10 numbers" in " ".join(element.value for element in app.markdown)
