import sys

import pytest
import torch
from onnxruntime import InferenceSession
from streamlit.testing.v1 import AppTest

from cnnviz.layers import Conv2d, Flatten, Linear, Softmax
from cnnviz.networks import Draft, architecture, keras_source, torch_source
from cnnviz.networks.code import decode, encode
from cnnviz.networks.network import network_of
from cnnviz.runs import Engine, RunStore, load_checkpoint
from tests.pages.conftest import OpenPage

OWN = Draft(
    name="Mine",
    input_shape=(1, 28, 28),
    layers=(Conv2d(out_channels=4, kernel_size=3), Flatten(), Linear(out_features=10)),
)


def in_address(app: AppTest) -> str:
    value = app.query_params["net"]
    return value[0] if isinstance(value, list) else value


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_the_first_visit_shows_lenet5(open_page: OpenPage) -> None:
    app = open_page("builder")
    assert app.session_state["_workbench"].draft.layers == architecture("lenet5").layers
    assert app.query_params["architecture"] in ("lenet5", ["lenet5"])
    assert next(button for button in app.button if button.label == "Train it").disabled is False


def test_a_network_in_the_address_is_shown_and_stays_there(open_page: OpenPage) -> None:
    app = open_page("builder", net=encode(OWN))
    assert app.session_state["_workbench"].draft == OWN
    assert decode(in_address(app)) == OWN


def test_an_action_changes_the_network_and_the_address(open_page: OpenPage) -> None:
    app = open_page("builder", net=encode(OWN))
    bench = app.session_state["_workbench"]
    bench.act({"op": "remove", "path": [0], "version": bench.structure})
    app.run()
    assert [layer.kind for layer in decode(in_address(app)).layers] == ["Flatten", "Linear"]


def test_a_known_architecture_is_opened_from_the_menu(open_page: OpenPage) -> None:
    app = open_page("builder", net=encode(OWN))
    app.selectbox(key="open").select("vgg16").run()
    assert not app.exception
    assert app.session_state["_workbench"].draft.layers == architecture("vgg16").layers
    assert app.session_state["_workbench"].can_undo
    assert "net" not in app.query_params
    assert "For digits, whose images are 1×28×28" in captions(app)


def test_a_damaged_address_says_so_and_shows_a_network(open_page: OpenPage) -> None:
    app = open_page("builder", net=encode(OWN)[:-9])
    assert "damaged" in app.warning[0].value
    assert app.session_state["_workbench"].draft.layers


def test_train_it_starts_a_run_of_this_network(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[str] = []
    monkeypatch.setattr(Engine, "launch", lambda _self, run_id: launched.append(run_id))
    app = open_page("builder", net=encode(OWN), train_on="mnist", train_epochs="7", batch="32")
    assert any("Download" in button.label for button in app.button)  # it is not there yet
    assert next(button for button in app.button if button.label == "Train it").disabled
    app.selectbox(key="train_on").select("shapes").run()
    assert "To train on shapes its input becomes 3×32×32, its output 10 classes." in captions(app)
    next(button for button in app.button if button.label == "Train it").click().run()
    assert not app.exception
    [run] = RunStore().list()
    assert launched == [run.id]
    assert (run.spec.dataset, run.spec.network.input_shape) == ("shapes", (3, 32, 32))
    assert (run.spec.config.epochs, run.spec.config.batch_size) == (7, 32)
    assert "--network mine.json --dataset shapes" in run.spec.command


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (Draft(name="none", input_shape=(1, 8, 8)), "There is no layer yet"),
        (OWN.model_copy(update={"layers": OWN.layers[:1]}), "does not end in a Linear layer"),
        (OWN.model_copy(update={"layers": (*OWN.layers[:1], *OWN.layers[2:])}), "put a Flatten before it"),
    ],
)
def test_a_network_that_cannot_be_trained_says_why(open_page: OpenPage, draft: Draft, reason: str) -> None:
    app = open_page("builder", net=encode(draft), more="code")
    assert reason in captions(app)
    assert [button.disabled for button in app.button if button.label == "Train it"] == [True]


def test_a_network_for_larger_images_keeps_its_button_and_says_which_it_needs(open_page: OpenPage) -> None:
    app = open_page("builder", architecture="vgg16", train_on="mnist")
    assert "VGG16 needs images of at least 32×32, and these are 28×28: choose shapes or cifar10" in captions(
        app
    ).replace("\\", "")
    assert next(button for button in app.button if button.label == "Train it").disabled


def test_code_is_shown_for_pytorch_and_keras(open_page: OpenPage) -> None:
    app = open_page("builder", net=encode(OWN), more="code")
    torch_code, keras_code = (code.value for code in app.code)
    assert torch_code == torch_source(network_of(OWN)).strip()
    assert keras_code == keras_source(network_of(OWN)).strip()


def test_what_is_pasted_is_read_or_refused_in_a_sentence(open_page: OpenPage) -> None:
    app = open_page("builder", more="paste")
    app.text_area(key="pasted").set_value("nn.Sequential(nn.LSTM(3, 4))").run()
    next(button for button in app.button if button.label == "Read it").click().run()
    assert "LSTM" in app.error[0].value
    app.text_area(key="pasted").set_value("nn.Sequential(nn.Conv2d(3, 4, 3))").run()
    next(button for button in app.button if button.label == "Read it").click().run()
    assert not app.error
    draft = app.session_state["_workbench"].draft
    assert draft.layers == (Conv2d(out_channels=4, kernel_size=3),)
    assert draft.input_shape == (3, 32, 32)


def test_what_is_pasted_is_read_for_the_size_that_fits_and_mended_where_it_was_pasted(open_page: OpenPage) -> None:
    def press(label: str) -> None:
        next(button for button in app.button if button.label == label).click().run()
        assert not app.exception

    text = "nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(90000, 10))"
    app = open_page("builder", more="paste")
    app.text_area(key="pasted").set_value(text).run()
    press("Read it")
    assert "4 layers, for images of 150×150" in app.success[0].value
    assert app.session_state["_workbench"].said == ""
    press("Take 151×151")
    assert app.session_state["_workbench"].draft.input_shape == (3, 151, 151)
    assert app.text_input(key="pasted_size").value == "151"
    app.text_input(key="pasted_size").set_value("64").run()
    assert "gets 16384 (16×32×32) from images of 64×64" in app.error[0].value.replace("\\", "")
    press("Make it read 16384 features")
    assert app.session_state["_workbench"].network().input_shape == (3, 64, 64)
    assert "nn.Linear(16384, 10)" in app.text_area(key="pasted").value
    app.text_input(key="pasted_size").set_value("wide").run()
    assert "one number, or height, width" in app.error[0].value
    app.text_input(key="pasted_size").set_value("").run()
    app.text_area(key="pasted").set_value("nn.Sequential(nn.Conv2d(1, 4, 3), nn.Hardswish(), nn.ReLU())").run()
    press("Read it")
    assert len(app.session_state["_workbench"].draft.layers) == 2
    press("Read nn.Hardswish() as SiLU")
    assert [layer.kind for layer in app.session_state["_workbench"].draft.layers] == ["Conv2d", "SiLU", "ReLU"]
    assert not app.error


def test_the_train_page_takes_the_network_of_the_builder(open_page: OpenPage) -> None:
    app = open_page("train", net=encode(OWN), dataset="digits")
    assert app.selectbox(key="architecture").value == "from the builder"
    assert "Mine: 27,090 parameters" in captions(app)
    assert "damaged" in open_page("train", net="x" * 30).warning[0].value


def test_onnx_is_made_with_the_weights_of_a_trained_network(open_page: OpenPage) -> None:
    app = open_page("builder", architecture="lenet5", more="ONNX")
    assert app.selectbox(key="onnx_weights").options == ["lenet5-mnist", "fresh random ones"]
    next(button for button in app.button if button.label == "Make the ONNX file").click().run()
    app.run()
    assert not app.exception
    session = InferenceSession(app.session_state["onnx_file"][2])
    module, _ = load_checkpoint("lenet5-mnist")
    x = torch.randn(3, 1, 28, 28)
    [ours] = session.run(None, {"input": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(ours), module(x).detach(), rtol=1e-3, atol=1e-4)


def test_without_the_packages_onnx_is_a_sentence(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    app = open_page("builder", architecture="lenet5", more="ONNX")
    next(button for button in app.button if button.label == "Make the ONNX file").click().run()
    assert "pip install onnx onnxscript" in app.error[0].value


def test_a_known_architecture_under_another_name_is_trained_by_its_key(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "launch", lambda _self, _run_id: None)
    app = open_page("builder", net=encode(architecture("tutorial_net").model_copy(update={"name": "Mine"})))
    next(button for button in app.button if button.label == "Train it").click().run()
    [run] = RunStore().list()
    assert "--architecture tutorial_net --dataset shapes" in run.spec.command


def test_an_end_that_no_loss_can_read_is_mended_by_a_button(open_page: OpenPage) -> None:
    ending = OWN.model_copy(update={"layers": (*OWN.layers, Softmax())})
    app = open_page("builder", net=encode(ending))
    assert "ends in Softmax, but the loss takes raw scores" in captions(app)
    [button] = [button for button in app.button if button.label == "Take Softmax off"]
    button.click().run()
    assert not app.exception
    assert decode(in_address(app)).layers == OWN.layers
    assert [button.disabled for button in app.button if button.label == "Train it"] == [False]
