import math

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.layers import Linear
from cnnviz.networks import KNOWN, architecture, architectures
from cnnviz.networks.table import table, totals
from cnnviz.runs import RunStore, Spec, read_card
from cnnviz.runs.checkpoints import SHIPPED
from cnnviz.training import TrainingConfig
from cnnviz.ui.models.model_gallery import volumes
from tests.pages.conftest import OpenPage
from tests.pages.linked_pages import hrefs, parts, specs
from tests.pages.visits import said


def test_every_architecture_has_a_row_with_its_figures(open_page: OpenPage) -> None:
    frame = open_page("models").dataframe[0].value
    assert list(frame["Network"]) == [architecture(key).name for key in architectures()]
    rows = frame.set_index("Network")
    assert rows.loc["VGG16", "Parameters, M"] == pytest.approx(138.357544)
    assert rows.loc["VGG16", "ImageNet, %"] == pytest.approx(71.592)
    assert rows.loc["ResNet-50", "Depth"] == 50
    assert rows.loc["DPN-92 for CIFAR-10", "CIFAR-10, %"] == pytest.approx(95.16)
    assert rows.loc["LeNet-5 (Keras notes)", "MNIST here, %"] == pytest.approx(99.46)


def test_the_best_of_ones_own_runs_stands_beside_what_was_published(open_page: OpenPage) -> None:
    store, fitted = RunStore(), architecture("resnet18_cifar").fitted((3, 32, 32), 10)
    for accuracy in (0.91, 0.93, 0.92):
        run = store.create(Spec(network=fitted, dataset="cifar10", config=TrainingConfig()))
        store.report(run.id, epochs_done=1, test_accuracy=accuracy)
    run = store.create(Spec(network=fitted.fitted((1, 28, 28), 10), dataset="digits", config=TrainingConfig()))
    store.report(run.id, epochs_done=1, test_accuracy=0.5)
    frame = open_page("models", task="CIFAR-10").dataframe[0].value.set_index("Network")
    assert frame.loc["ResNet-18 for CIFAR-10", "CIFAR-10 here, %"] == pytest.approx(93)
    assert frame.loc["ResNet-18 for CIFAR-10", "Other data here"] == "50.0% of digits"
    assert math.isnan(frame.loc["ResNet-50 for CIFAR-10", "CIFAR-10 here, %"])


def cards(app: AppTest) -> list[str]:
    """The keys of the gallery, in its order."""
    [gallery] = specs(app, "linked")
    return [parts(f"models{href}")[1]["model"] for href in hrefs(gallery["html"])]


def test_every_architecture_has_a_picture_with_its_figures(open_page: OpenPage) -> None:
    app = open_page("models")
    assert cards(app) == list(architectures())
    [gallery] = specs(app, "linked")
    for words in ("<b>LeNet (PyTorch notes)</b><span>2017 · 3×32×32</span><span>62,006 parameters</span>",
                  "138 M parameters", "15.5 G multiply-adds", "71.6% of ImageNet", "99.2% of MNIST"):  # fmt: skip
        assert words in gallery["html"]
    assert 'aria-current="true"' not in gallery["html"]


@pytest.mark.parametrize("by", ["year", "accuracy", "cost"])
def test_the_gallery_is_sorted_as_one_likes(open_page: OpenPage, by: str) -> None:
    keys = cards(open_page("models", sort=by))
    assert sorted(keys) == sorted(architectures())
    if by == "year":
        years = [KNOWN[key].year for key in keys]
        known = [year for year in years if year]
        assert known == sorted(known)
        assert years[len(known):] == [None] * (len(years) - len(known))  # fmt: skip
    elif by == "cost":
        macs = [totals(table(architecture(key))).macs for key in keys]
        assert macs == sorted(macs)
    else:
        assert keys[:2] == ["efficientnet_b6", "efficientnet_b7"] or keys[0] == "efficientnet_b7"
        places = [
            keys.index(key)
            for key in ("vgg16", "alexnet", "dpn92_cifar", "vgg16_cifar", "lenet5_strided", "lenet5_1998")
        ]
        assert places == sorted(places)  # by ImageNet, then CIFAR-10, then MNIST, then what is not known


def test_the_chosen_one_is_marked_and_comes_first(open_page: OpenPage) -> None:
    app = open_page("models", model="resnet18", sort="cost")
    assert [heading.value for heading in app.subheader][:2] == ["ResNet-18", "Networks"]
    [gallery] = specs(app, "linked")
    marked = gallery["html"].split('aria-current="true"')
    assert len(marked) == 2
    assert parts(f"models{hrefs(gallery['html'])[marked[0].count('<a href') - 1]}")[1] == {
        "model": "resnet18", "sort": "cost",
    }  # fmt: skip
    app.button(key="all").click().run()
    assert "model" not in app.query_params
    assert app.subheader[0].value == "Networks"


@pytest.mark.parametrize("key", architectures())
def test_a_picture_ends_with_what_the_network_gives(key: str) -> None:
    found, network = volumes(key), architecture(key)
    assert found[0] == ("input", network.input_shape)
    assert found[-1][1] == network.shapes[-1]
    kinds = {kind for kind, _ in found}
    assert ("dense" in kinds) == any(isinstance(layer, Linear) for layer in network.layers)


def test_a_chosen_model_leads_to_the_builder(open_page: OpenPage) -> None:
    app = open_page("models", model="dpn92_cifar")
    assert "DPN-92 for CIFAR-10" in [heading.value for heading in app.subheader]
    assert any(link.label == "Open in the builder" for link in app.get("page_link"))


@pytest.mark.parametrize("model", ["preact_resnet18_cifar", "lenet5_1998", "resnet18"])
def test_what_is_not_as_in_the_source_is_said(open_page: OpenPage, model: str) -> None:
    captions = [caption.value for caption in open_page("models", model=model).caption]
    assert any(KNOWN[model].differs in caption for caption in captions)
    assert any(caption.startswith("Not quite its source:") for caption in captions) == bool(KNOWN[model].differs)


def test_what_was_measured_here_stands_with_the_chosen_model(open_page: OpenPage) -> None:
    captions = " ".join(said(caption) for caption in open_page("models", model="lenet5").caption)
    assert "Measured here: " in captions
    assert "99.46% of mnist (lenet5-mnist)" in captions
    card = read_card(SHIPPED / "lenet5_plain-cifar10")
    assert f"{card.test_accuracy:.1%} of cifar10 (lenet5_plain-cifar10)" in captions
    assert "Published: about 99.2 % of MNIST: the course." in captions


def test_compound_scaling_counts_what_is_built(open_page: OpenPage) -> None:
    app = open_page("models")
    next(button for button in app.button if button.label == "B7").click().run()
    [text] = [markdown.value for markdown in app.markdown if "| **all three**" in markdown.value]
    assert "| **all three** | 37.7 G |" in text
    assert "66.3 M" in text
    assert app.session_state["resolution"] == 600
