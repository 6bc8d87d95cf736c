"""Images of datasets by their number, and the pictures of a run that lead to them."""

import numpy as np

from cnnviz.data.digits import digits
from cnnviz.data.holding_out import held_out
from cnnviz.data.shapes import shapes
from cnnviz.data.sources import npz_path, write_npz
from cnnviz.runs import RunStore
from cnnviz.runs.records import Outcome
from cnnviz.training import Mistake
from tests.pages.conftest import OpenPage
from tests.pages.linked_pages import hrefs, parts, specs, trained
from tests.pages.trained_runs import a_run
from tests.pages.visits import said


def test_every_picture_of_a_run_leads_to_that_image(open_page: OpenPage) -> None:
    run_id = trained("digits")
    outcome = RunStore().outcome(run_id, 1)
    assert outcome is not None
    app = open_page("train", run=run_id)
    [film] = specs(app, "learning_film")
    numbers = [int(parts(href)[1].get("at_image", 0)) for href in film["links"]]
    assert numbers == list(range(12))
    table, mistakes = (hrefs(spec["html"]) for spec in specs(app, "linked"))  # no cell is chosen
    images = [int(parts(href)[1].get("at_image", 0)) for href in mistakes]
    assert images == [one.image for one in outcome.mistakes[:14]]
    page, address = parts(mistakes[0])
    there = open_page(page, **address)
    assert there.session_state["model"] == run_id
    label = digits().test.labels[images[0]]
    assert f"Digits: {label}, test image {images[0]}." in [said(one) for one in there.caption]
    assert len(table) == np.count_nonzero(outcome.confusion)


def test_a_cell_of_the_confusion_matrix_shows_its_images(open_page: OpenPage) -> None:
    run_id = trained("digits")
    outcome = RunStore().outcome(run_id, 1)
    assert outcome is not None
    assert outcome.answers is not None
    wrong = outcome.confusion * (1 - np.eye(10, dtype=int))
    label, answer = (int(at) for at in np.unravel_index(wrong.argmax(), wrong.shape))
    app = open_page("train", run=run_id, truth=str(label), answer=str(answer))
    html = specs(app, "linked")[1]["html"]
    expected = [i for i, one in enumerate(digits().test.labels) if one == label and outcome.answers[i] == answer]
    assert len(expected) == wrong.max()
    into = [parts(href)[1] for href in hrefs(html)]
    assert [int(address["at_image"]) for address in into] == expected[:28]
    assert all(address["model"] == run_id for address in into)
    assert f"{len(expected)} test image{'s' * (len(expected) > 1)} of {label} taken for {answer}" in html


def test_a_class_that_is_none_is_named(open_page: OpenPage) -> None:
    app = open_page("train", run=trained("digits"), truth="cat", answer="3")
    assert said(app.warning[0]) == "The address has 'cat' for a class: it cannot be read, or not whole."


def test_images_that_were_held_out_are_training_images(open_page: OpenPage) -> None:
    run_id = trained("shapes", held_out=400)
    app = open_page("train", run=run_id)
    [film] = specs(app, "learning_film")
    page, address = parts(film["links"][5])
    places = np.flatnonzero(held_out(shapes().train.labels, 400, 0))
    assert (address["image"], int(address["at_image"])) == ("training image", places[5])
    there = open_page(page, **address)
    label = shapes().train.labels[places[5]]
    named = shapes().class_names[label]
    assert f"Shapes: {named}, training image {places[5]:,}." in [said(one) for one in there.caption]


def test_a_run_of_before_has_a_matrix_without_links(open_page: OpenPage) -> None:
    run_id = a_run()
    RunStore().conclude(run_id, Outcome(1, np.eye(10, dtype=np.int64), (Mistake(3, 3, 5, 0.9),)))
    app = open_page("train", run=run_id)
    [mistakes] = specs(app, "linked")
    assert [parts(href)[1]["at_image"] for href in hrefs(mistakes["html"])] == ["3"]


def test_pictures_that_are_hidden_lead_nowhere(open_page: OpenPage) -> None:
    run_id = trained("digits")
    app = open_page("train", run=run_id, hide="architecture")
    [film] = specs(app, "learning_film")
    assert film["links"] == [None] * 12
    assert not any("activations" in href for spec in specs(app, "linked") for href in hrefs(spec["html"]))
    app = open_page("train", run=run_id, hide="answer")
    assert not hrefs(specs(app, "linked")[0]["html"])


def test_an_image_by_its_number(open_page: OpenPage) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (20, 28, 28), np.uint8), np.arange(20) % 10
    npz_path("mnist").parent.mkdir(parents=True, exist_ok=True)
    write_npz("mnist", {"x_train": images, "y_train": labels, "x_test": images[::-1], "y_test": labels[::-1]})
    for kind, label in (("test image", 2), ("training image", 7)):
        app = open_page("activations", image=kind, at_image="17")
        assert f"MNIST: {label}, {kind} 17." in [said(one) for one in app.caption]
        assert not app.warning
    for wrong in ("20", "-1", "1.5e9", "x"):
        app = open_page("activations", image="test image", at_image=wrong)
        assert [said(one) for one in app.warning] == [f"Image number cannot be {wrong}: it is 0."]
        assert "MNIST: 9, test image 0." in [said(one) for one in app.caption]


def test_an_image_of_a_dataset_that_is_not_there(open_page: OpenPage) -> None:
    app = open_page("activations", image="test image", at_image="17")
    [info] = app.info
    assert said(info).endswith("MNIST is not on this machine yet: download it on the Train page.")
    assert app.session_state["at_image"] == 17


def test_without_a_network_of_a_dataset_one_chooses_it(open_page: OpenPage) -> None:
    for page, address in (("activations", {"model": "lenet5"}), ("convolution", {})):
        app = open_page(page, image="test image", image_set="digits", at_image="4", **address)
        assert f"Digits: {digits().test.labels[4]}, test image 4." in [said(one) for one in app.caption]


def test_a_dataset_that_is_not_here_can_be_got(open_page: OpenPage) -> None:
    app = open_page("kernels", image="test image")
    assert "MNIST is not on this machine yet" in " ".join(said(one) for one in app.caption)
    [link] = [one for one in app.get("page_link") if one.label.startswith("Get ")]
    assert link.label == "Get MNIST (12 MB)"
    page, address = link.page, link.query_string
    assert page.endswith("train")
    assert address == "dataset=mnist"
    there = open_page("train", dataset="mnist")
    assert any("MNIST" in button.label for button in there.button)


def test_another_network_is_greeted_by_a_picture_of_its_own_kind(open_page: OpenPage) -> None:
    app = open_page("activations")
    assert app.selectbox(key="image").value == "digit"
    app.selectbox(key="model").set_value("lenet5-cifar10").run()
    assert app.selectbox(key="image").value == "photograph"
    assert "image" not in app.query_params
    app.selectbox(key="image").set_value("shape").run()
    app.selectbox(key="model").set_value("lenet5-mnist").run()
    assert app.selectbox(key="image").value == "shape"  # the user's own choice
    app = open_page("activations", model="lenet5-cifar10", image="digit")
    assert app.selectbox(key="image").value == "digit"
