"""The builder: a network made by hand, broken, mended, taken out and trained."""

import json
import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from cnnviz.networks import Network, architecture
from cnnviz.networks.code import decode
from cnnviz.runs import RunStore
from tests.browser.explorer import serious_faults


def open_builder(page: Page, address: str = "") -> Locator:
    page.goto(f"/builder{address}")
    editor = page.locator(".network[data-drawn]")
    expect(editor).to_be_visible()
    return editor


def layers(editor: Locator) -> Locator:
    return editor.locator("tr[data-layer]")


def row(editor: Locator, name: str) -> Locator:
    return editor.locator(f"tr[data-layer='{name}']")


def add(editor: Locator, kind: str, **arguments: str) -> None:
    """Add a layer after the chosen one, and type its arguments into its form."""
    before = layers(editor).count()
    editor.locator(f"[data-name='add:{kind}']").click()
    expect(layers(editor)).to_have_count(before + 1)
    for name, value in arguments.items():
        fill(editor, name, value)


def fill(editor: Locator, name: str, value: str) -> None:
    version = int(editor.get_attribute("data-version") or 0)
    field = editor.locator(f"[data-name='field:{name}']")
    if field.input_value() == value:
        return
    field.fill(value)
    field.press("Enter")
    expect(editor).not_to_have_attribute("data-version", str(version))


def press(editor: Locator, name: str) -> None:
    version = int(editor.get_attribute("data-version") or 0)
    editor.locator(f"[data-name='{name}']").click()
    expect(editor).not_to_have_attribute("data-version", str(version))


def in_address(page: Page) -> Network:
    expect(page).to_have_url(re.compile(r"[?&]net="))
    code = page.evaluate("new URLSearchParams(location.search).get('net')")
    draft = decode(code)
    return Network(name=draft.name, input_shape=draft.input_shape, layers=draft.layers)


def test_lenet5_by_hand_broken_mended_taken_out_and_trained(page: Page, tmp_path: Path) -> None:
    editor = open_builder(page)
    press(editor, "clear")
    expect(layers(editor)).to_have_count(1)  # the input
    for filters in ("32", "48"):
        add(editor, "Conv2d", out_channels=filters, kernel_size="5", padding="2")
        add(editor, "ReLU")
        add(editor, "MaxPool2d")
    add(editor, "Linear", out_features="256")

    expect(editor.locator("p.wrong")).to_have_text(re.compile("put a Flatten before it"))
    editor.get_by_role("button", name="Put a Flatten before it").click()
    expect(editor.locator("p.wrong")).to_have_count(0)
    expect(row(editor, "fc1")).to_contain_text("2352·256 + 256 = 602,368")
    add(editor, "ReLU")
    add(editor, "Linear", out_features="84")
    add(editor, "ReLU")
    add(editor, "Linear", out_features="10")
    expect(editor.locator("tfoot")).to_contain_text("664,086")
    page.wait_for_function("location.search.includes('net=')")
    assert in_address(page).layers == architecture("lenet5").layers

    press(editor, "row:0")  # break it: a kernel that is larger than what is left of the image
    fill(editor, "kernel_size", "40")
    fault = editor.locator("tr.error")
    expect(fault).to_contain_text("40×40 kernel on a 28×28 input with padding 2×2: add padding")
    expect(page.get_by_role("button", name="Train it")).to_be_disabled()
    expect(row(editor, "conv2")).to_contain_text("48·(1·5·5)")  # the rest reads what the broken one should have read
    fault.get_by_role("button", name="Kernel 11×11").click()
    expect(editor.locator("tr.error")).to_have_count(0)
    press(editor, "undo")
    press(editor, "undo")
    expect(editor.locator("tfoot")).to_contain_text("664,086")

    page.get_by_text("JSON", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSON").click()
    download.value.save_as(tmp_path / "lenet.json")
    assert Network.model_validate_json((tmp_path / "lenet.json").read_text()).layers == architecture("lenet5").layers
    page.get_by_text("code", exact=True).click()
    text = page.get_by_test_id("stCode").first.inner_text()
    scope: dict[str, type[torch.nn.Module]] = {"__name__": "pasted"}  # type: ignore[dict-item]
    exec(text, scope)
    assert scope["MyNetwork"]()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)

    epochs = page.get_by_label("Epochs")
    epochs.fill("1")
    epochs.press("Enter")
    page.get_by_role("button", name="Train it").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Finished · epoch 1 of 1", timeout=120_000)
    run = RunStore().get(page.evaluate("new URLSearchParams(location.search).get('run')"))
    assert run.spec.network.layers == architecture("lenet5").layers
    assert run.test_accuracy is not None
    assert run.test_accuracy > 0.5
    assert json.loads(run.spec.network.model_dump_json())["name"] == "My network"


def test_layers_are_moved_duplicated_removed_and_brought_back(page: Page) -> None:
    editor = open_builder(page, "?architecture=tutorial_net")
    names = lambda: layers(editor).evaluate_all("rows => rows.map((row) => row.dataset.layer)")  # noqa: E731
    first = names()
    press(editor, "down:0")
    assert names()[1:3] == ["relu1", "conv1"]
    press(editor, "duplicate:2")
    assert names()[3:5] == ["pool1", "pool2"]
    press(editor, "remove:3")
    press(editor, "up:1")
    assert names() == first
    expect(page).to_have_url(re.compile("architecture=tutorial_net"))  # it is again what it was
    editor.locator("[data-name='row:0']").press("Control+z")
    expect(layers(editor).nth(1)).to_have_attribute("data-layer", "relu1")
    editor.locator("[data-name='row:1']").press("Alt+ArrowUp")
    expect(layers(editor).nth(1)).to_have_attribute("data-layer", "conv1")
    editor.locator("[data-name='row:0']").press("Delete")
    expect(layers(editor)).to_have_count(len(first) - 1)


def test_the_keyboard_goes_with_the_layer_that_it_moves(page: Page) -> None:
    editor = open_builder(page, "?architecture=tutorial_net")
    editor.locator("[data-name='row:0']").focus()
    for number in (2, 3, 4):
        page.keyboard.press("Alt+ArrowDown")
        expect(layers(editor).nth(number)).to_contain_text("Conv2d 6 × 5×5")
    expect(editor.locator("[data-name='row:3']")).to_be_focused()


def test_no_click_is_lost_however_fast(page: Page) -> None:
    editor = open_builder(page)
    press(editor, "clear")
    editor.locator("[data-name='add:ReLU']").evaluate("button => { for (let i = 0; i < 8; i++) button.click(); }")
    expect(layers(editor)).to_have_count(9)
    editor.locator("[data-name='undo']").evaluate("button => { for (let i = 0; i < 5; i++) button.click(); }")
    expect(layers(editor)).to_have_count(4)


def test_the_browsers_back_and_forward_are_undo_and_redo(page: Page) -> None:
    editor = open_builder(page, "?architecture=lenet5")
    for count in (12, 11, 10):
        press(editor, "remove:1")
        expect(layers(editor)).to_have_count(count)
    for count in (11, 12):
        page.go_back()
        expect(layers(editor)).to_have_count(count)
    page.go_forward()
    expect(layers(editor)).to_have_count(11)
    press(editor, "redo")
    expect(layers(editor)).to_have_count(10)
    page.locator("h1").click()
    page.keyboard.press("Control+z")  # anywhere on the page
    expect(layers(editor)).to_have_count(11)


def test_what_is_refused_stays_where_it_was_typed(page: Page) -> None:
    editor = open_builder(page, "?architecture=lenet5")
    press(editor, "row:0")
    fill(editor, "kernel_size", "three")
    expect(editor.get_by_role("alert")).to_contain_text(
        "kernel_size = 'three': must be a whole number, or two: height, width"
    )
    expect(editor.locator("[data-name='field:kernel_size']")).to_have_value("three")
    fill(editor, "kernel_size", "3, 5")
    expect(editor.get_by_role("alert")).to_have_count(0)
    expect(row(editor, "conv1")).to_contain_text("32·(1·3·5) + 32 = 512")


def test_the_dataset_follows_the_input(page: Page) -> None:
    editor = open_builder(page, "?architecture=lenet5")
    press(editor, "row:input")
    version = editor.get_attribute("data-version")
    editor.locator("[data-name='field:dataset']").select_option("cifar10")
    expect(editor).not_to_have_attribute("data-version", str(version))
    expect(row(editor, "input")).to_contain_text("3×32×32")
    expect(page.get_by_role("combobox", name="Dataset", exact=True)).to_have_value("cifar10")


def test_a_block_is_built_inside_and_its_shortcut_mended(page: Page) -> None:
    editor = open_builder(page)
    press(editor, "clear")
    add(editor, "Conv2d")
    editor.locator("[data-name='add:Residual']").click()
    expect(row(editor, "residual1")).to_contain_text("16×28×28")
    press(editor, "row:1.body.0")
    fill(editor, "stride", "2")
    expect(editor.locator("tr.error")).to_contain_text("Residual adds 16×14×14 of its body to 16×28×28 of its shortcut")
    editor.get_by_role("button", name="A 1×1 convolution in the shortcut, stride 2").click()
    expect(editor.locator("tr.error")).to_have_count(0)
    expect(row(editor, "residual1")).to_contain_text("16×14×14")
    press(editor, "row:1.shortcut")
    editor.locator("[data-name='add:ReLU']").click()
    expect(editor.locator("[data-name='row:1.shortcut.0']")).to_contain_text("relu1")
    block = in_address(page).layers[1]
    assert [layer.kind for layer in block.shortcut] == ["ReLU", "Conv2d", "BatchNorm2d"]


def test_a_pasted_sequential_is_read_and_a_call_in_it_is_not(page: Page) -> None:
    editor = open_builder(page, "?more=paste")
    text = page.locator("textarea")
    text.fill("nn.Sequential(\n    nn.Conv2d(3, 8, 3),\n    nn.ReLU(),\n    print('hello'),\n)")
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("alert").last).to_contain_text("line 4")
    text.fill("nn.Sequential(\n    nn.Conv2d(3, 8, 3, padding=1),\n    nn.Flatten(),\n    nn.Linear(8192, 10),\n)")
    page.get_by_role("button", name="Read it").click()
    expect(row(editor, "fc1")).to_contain_text("8192·10 + 10 = 81,930")


def test_the_image_size_of_a_pasted_text_is_found_and_another_that_fits_is_one_touch_away(page: Page) -> None:
    editor = open_builder(page, "?more=paste")
    page.locator("textarea").fill(
        "```python\nnet = nn.Sequential(\n    nn.Conv2d(3, 16, 3, padding=1),\n    nn.MaxPool2d(2),\n    nn.Flatten(),\n"
        "    nn.Linear(16 * 75 * 75, 10),\n).to(device)\n```"
    )
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_test_id("stAlertContainer")).to_contain_text("4 layers, for images of 150×150")
    expect(row(editor, "fc1")).to_contain_text("90000·10 + 10 = 900,010")
    page.get_by_role("button", name="Take 151×151").click()
    expect(row(editor, "input")).to_contain_text("3×151×151")
    expect(page.get_by_role("textbox", name="Image size")).to_have_value("151")
    assert in_address(page).input_shape == (3, 151, 151)


@pytest.mark.parametrize("address", ["", "?architecture=resnet18_cifar", "?architecture=fcn_segmentation"])
def test_the_builder_is_accessible(page: Page, address: str) -> None:
    editor = open_builder(page, address)
    editor.locator("[data-name='row:0']").click()
    expect(editor.locator(".form")).to_be_visible()
    assert not serious_faults(page)


def test_a_reload_shows_the_same_and_so_does_coming_back_by_the_menu(page: Page) -> None:
    editor = open_builder(page, "?architecture=lenet5")
    press(editor, "remove:11")
    expect(editor.locator("tfoot")).to_contain_text("663,236")
    expect(page).to_have_url(re.compile(r"[?&]net="))
    page.reload()
    expect(editor.locator("tfoot")).to_contain_text("663,236")
    page.get_by_role("link", name="Home").click()
    page.get_by_role("link", name="Builder", exact=True).first.click()
    expect(editor.locator("tfoot")).to_contain_text("663,236")
