"""The activations page: from the whole network down to one multiplication, with torch's numbers all the way."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from cnnviz.data.digits import digits
from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec, load_checkpoint
from cnnviz.runs.checkpoints import SHIPPED, write_weights
from cnnviz.training import TrainingConfig
from tests.browser.explorer import listen, place, serious_faults, shown
from tests.browser.waiting import settle, until

Maps = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def maps() -> Maps:
    """What the shipped LeNet-5 makes of the page's first digit, layer by layer."""
    module, card = load_checkpoint("lenet5-mnist")
    split = digits().test
    x = torch.from_numpy(card.standardised(split.images[split.labels == 3][0]))[None]
    found = {"input": x[0]}
    with torch.no_grad():
        for name, child in module.named_children():
            x = child(x)
            found[name] = x[0]
    return found


def opened(page: Page, address: str = "") -> None:
    page.goto(f"/activations{address}")
    page.locator("[data-drawn]:visible").first.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()


def looked(page: Page) -> str:
    return page.locator(".network").get_attribute("data-look") or ""


def find(page: Page, look: str) -> tuple[float, float]:
    """Move over the drawing, along its middle and then up and down, until one looks at a map."""
    box = page.locator(".network .scroll").bounding_box()
    assert box is not None
    name = look.partition(":")[0]
    columns = [
        x
        for x in np.arange(box["x"] + 8, box["x"] + box["width"], 14)
        if at(page, x, box["y"] + 30).startswith(name + ":")
    ]
    assert columns, f"no column {name}"
    for x in columns:
        for y in np.arange(box["y"] + 40, box["y"] + box["height"] - 40, 9):
            if at(page, x, y) == look:
                return float(x), float(y)
    raise AssertionError(f"{look} is not in sight")


def at(page: Page, x: float, y: float) -> str:
    page.mouse.move(float(x), float(y))
    return looked(page)


def shown_channels(maps: Maps, of: str) -> list[int]:
    """The strongest twelve, by what leaves the layers that belong together."""
    strength = maps[of].square().mean((1, 2))
    return sorted(strength.argsort(descending=True)[:12].tolist())


def test_a_digit_from_the_whole_network_down_to_one_window(page: Page, maps: Maps) -> None:
    opened(page)
    expect(page.get_by_text("It says 3")).to_be_visible()
    channel = shown_channels(maps, "pool2")[4]
    x, y = find(page, f"conv2:{channel}")
    weight = dict(load_checkpoint("lenet5-mnist")[0].named_parameters())["conv2.weight"].detach()[channel]
    parts = torch.conv2d(maps["pool1"][None], weight[:, None], padding=2, groups=32)[0]  # one map for each input map
    strengths = parts.square().mean((1, 2)).sqrt()
    strongest = int(strengths.argmax())
    share = round(100 * float(strengths[strongest] / strengths.sum()))
    reads = page.locator(".network [data-role=reads]")
    expect(reads).to_contain_text(f"Made of pool1: map {strongest} ({share} %)")
    low, high = float(maps["conv2"][channel].min()), float(maps["conv2"][channel].max())
    expect(page.locator(".network .legend-words")).to_have_text(f"min {low:.2f} · max {high:.2f}".replace("-", "−"))

    page.mouse.click(x, y)
    page.wait_for_url(f"**look=conv2*{channel}")
    page.locator(".explorer[data-level=channel]").wait_for()
    z = maps["conv2"][channel]
    row, col = place(page)[-2:]
    assert shown(page, "z") == pytest.approx(float(z[row, col]), abs=1e-4)

    over = page.locator(".explorer .output .over").first
    box = over.bounding_box()
    assert box is not None
    over.click(position={"x": box["width"] * 5.5 / 14, "y": box["height"] * 6.5 / 14})
    page.locator(".explorer[data-level=window]").wait_for()
    page.wait_for_url("**6.5")
    assert place(page)[-2:] == (6, 5)
    assert shown(page, "z") == pytest.approx(float(z[6, 5]), abs=1e-4)
    assert shown(page, "result") == pytest.approx(float(maps["relu2"][channel, 6, 5]), abs=1e-4)
    sent = sorted(strengths.argsort(descending=True)[:4].tolist())
    rest = float(parts[[c for c in range(32) if c not in sent], 6, 5].sum())
    assert shown(page, "rest") == pytest.approx(rest, abs=1e-4)

    for level in ("channel", None):  # and back, one level a step
        page.keyboard.press("Escape")
        if level:
            page.locator(f".explorer[data-level={level}]").wait_for()
    page.wait_for_url(re.compile(r"look=conv2$"))
    expect(page.get_by_text("Click one of the 48 maps")).to_be_visible()
    page.get_by_role("button", name="Whole network").click()
    page.locator(".network[data-drawn]").wait_for()
    page.wait_for_url(lambda url: "look" not in url)


def test_every_layer_by_its_own_arithmetic(page: Page, maps: Maps) -> None:
    opened(page, "?look=relu2:9:3.4")
    assert shown(page, "result") == pytest.approx(float(maps["relu2"][9, 3, 4]), abs=1e-4)
    opened(page, "?look=pool2:9:3.4")
    assert shown(page, "result") == pytest.approx(float(maps["pool2"][9, 3, 4]), abs=1e-4)
    opened(page, "?look=flatten1:100")
    assert shown(page, "result") == pytest.approx(float(maps["flatten1"][100]), abs=1e-4)
    opened(page, "?look=fc1:5")
    assert shown_term(page, "z") == pytest.approx(float(maps["fc1"][5]), abs=1e-4)
    opened(page, "?look=fc3:3")
    assert shown_term(page, "z") == pytest.approx(float(maps["fc3"][3]), abs=1e-4)
    opened(page, "?look=softmax:9")
    assert shown_term(page, "result") == pytest.approx(float(maps["fc3"].softmax(0)[9]), abs=1e-6)


def shown_term(page: Page, role: str) -> float:
    return float(page.locator(f".terms [data-role={role}]").first.get_attribute("data-value") or "nan")


def test_looking_around_sends_nothing(page: Page) -> None:
    sent = listen(page)
    opened(page)
    settle(page)
    assert sent
    sent.clear()
    box = page.locator(".network .scroll").bounding_box()
    assert box is not None
    for x in range(0, int(box["width"]), 40):
        page.mouse.move(box["x"] + x, box["y"] + 200)
    page.get_by_role("button", name="Zoom in").click()
    page.locator(".network .scroll").press("ArrowRight")
    page.keyboard.press("Enter")  # the first thing that the server hears of
    page.wait_for_url("**look=*")
    assert len(sent) == 1


def test_by_keyboard_alone(page: Page) -> None:
    opened(page)
    view = page.locator(".network .scroll")
    view.focus()
    page.keyboard.press("ArrowRight")
    assert looked(page) == "input:0"
    page.keyboard.press("ArrowRight")
    assert looked(page).startswith("conv1:")
    page.keyboard.press("ArrowDown")
    second = looked(page)
    expect(page.locator(".network [aria-live]")).to_contain_text("Made of Input: map 0")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert looked(page) == "conv1:"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert looked(page) == second
    page.keyboard.press("Enter")
    page.wait_for_url(f"**look=conv1*{second.partition(':')[2]}")
    page.locator(".explorer[data-level=channel]").wait_for()
    page.go_back()
    page.locator(".network[data-drawn]").wait_for()


def test_a_deep_network_has_a_minimap_a_list_and_shortcuts(page: Page) -> None:
    opened(page, "?model=resnet18_cifar")
    page.locator(".network .minimap").wait_for()
    page.get_by_label("Go to a layer").select_option(label="residual3 · 128×16×16")
    assert looked(page).startswith("residual3:")
    reads = page.locator(".network [data-role=reads]")
    expect(reads).to_contain_text(
        re.compile(r"Made of residual3\.body\.bn2: map \d+ \(\d+ %\); residual3\.shortcut\.bn1: map \d+ \(\d+ %\)")
    )
    scrolled = page.locator(".network .scroll").evaluate("view => view.scrollLeft")
    assert scrolled > 300
    page.keyboard.press("Escape")
    page.get_by_text("network", exact=True).click()
    page.wait_for_url("**scale=network*")
    page.locator("[data-test-script-state=notRunning]").wait_for()
    assert page.locator(".network .scroll").evaluate("view => view.scrollLeft") == scrolled
    box = page.locator(".network .minimap").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 5, box["y"] + 10)
    until(
        page, lambda: page.locator(".network .scroll").evaluate("view => view.scrollLeft"), lambda left: left > scrolled
    )


def test_zoom_keeps_its_place_when_one_comes_back(page: Page) -> None:
    opened(page, "?model=resnet18_cifar")
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
    page.get_by_label("Go to a layer").select_option(index=20)
    view = page.locator(".network .scroll")
    before = view.evaluate("view => [view.scrollLeft, view.scrollWidth]")
    view.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Whole network").click()
    page.locator(".network[data-drawn]").wait_for()
    assert view.evaluate("view => [view.scrollLeft, view.scrollWidth]") == before


def test_the_picture_changes_all_maps(page: Page) -> None:
    opened(page, "?right=9")
    expect(page.get_by_text(re.compile(r"It says (?!3 \(100)"))).to_be_visible()
    page.get_by_text("Change it: pixels, shift").wait_for()
    page.locator(".pixels .over").click(position={"x": 60, "y": 60})
    page.wait_for_url("**pixels=*")
    expect(page.locator(".network[data-drawn]")).to_be_visible()


LOOKS = ["", "?look=conv2", "?look=conv2:7", "?look=relu1:3", "?look=fc1:5", "?look=softmax:3"]


@pytest.mark.parametrize(
    ("scheme", "address"),
    [*(("light", look) for look in LOOKS), ("dark", ""), ("dark", "?look=conv2:7"), ("light", "?model=resnet18_cifar")],
)
def test_axe_finds_nothing(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    opened(page, address)
    settle(page)
    assert serious_faults(page) == []


@pytest.mark.parametrize("address", LOOKS)
def test_nothing_runs_out_of_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, address)
    settle(page)
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390


def test_a_run_is_followed_and_what_one_looks_at_stays(page: Page) -> None:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=1)))
    for ending in (".safetensors", ".json"):
        shipped = (SHIPPED / "lenet5-mnist").with_suffix(ending)
        (store.folder(run.id) / "checkpoint").with_suffix(ending).write_bytes(shipped.read_bytes())
    with store.claim(run.id):
        store.start(run.id)
        opened(page, f"?model={run.id}")
        expect(page.get_by_text("still training")).to_be_visible()
        page.get_by_role("button", name="Zoom in").click()
        view = page.locator(".network .scroll")
        view.focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"):
            page.keyboard.press(key)
        before, sight = looked(page), view.evaluate("view => [view.scrollLeft, view.scrollWidth]")
        legend = page.locator(".network .legend-words").inner_text()
        weights = load_checkpoint("lenet5-mnist")[0].state_dict()
        learned = {name: 1.5 * weight for name, weight in weights.items()}  # the strongest maps, which are shown, stay
        write_weights(store.folder(run.id) / "snapshot.safetensors", learned)
        expect(page.locator(".network .legend-words")).not_to_have_text(legend)
        assert looked(page) == before
        assert view.evaluate("view => [view.scrollLeft, view.scrollWidth]") == sight
        view.focus()
        page.keyboard.press("Enter")
        page.locator(".cells[data-drawn]").wait_for()
        value = page.locator(".cells .legend-words").first.inner_text()
        write_weights(store.folder(run.id) / "snapshot.safetensors", weights)
        expect(page.locator(".cells .legend-words").first).not_to_have_text(value)
        assert "look=relu1" in page.url
    store.end(run.id, "stopped")


def test_many_fast_clicks_break_nothing(page: Page) -> None:
    opened(page)
    box = page.locator(".network .scroll").bounding_box()
    assert box is not None
    for i in range(14):
        page.mouse.click(box["x"] + 90 + 50 * (i % 7), box["y"] + 100 + 30 * (i % 5))
    page.get_by_role("button", name="Whole network").click()  # answered after all of them
    page.locator(".network[data-drawn]").wait_for()
    settle(page)
    assert page.get_by_test_id("stException").count() == 0
    expect(page.get_by_text("It says 3")).to_be_visible()


def test_escape_goes_up_level_by_level(page: Page) -> None:
    opened(page, "?look=relu1:3:5.6")
    for url in ("look=relu1%3A3$|look=relu1:3$", "look=relu1$", "/activations$"):
        page.locator("[data-test-script-state=notRunning]").wait_for()
        page.keyboard.press("Escape")
        page.wait_for_url(re.compile(url))
    page.locator(".network[data-drawn]").wait_for()


def test_the_same_click_again_is_heard_again(page: Page) -> None:
    opened(page, "?look=relu1:0")
    for _ in range(2):
        over = page.locator(".cells [data-map=output] .over")
        box = over.bounding_box()
        assert box is not None
        over.click(position={"x": box["width"] * 4.5 / 28, "y": box["height"] * 3.5 / 28})
        page.wait_for_url(re.compile(r"3\.4$"))
        page.get_by_role("button", name="relu1 · map 0").click()
        page.wait_for_url(re.compile(r"look=relu1(:|%3A)0$"))


def test_all_maps_of_a_layer_by_keyboard(page: Page) -> None:
    opened(page, "?look=conv2")
    grid = page.locator(".maps .over")
    grid.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".maps [data-role=read]")).to_contain_text(re.compile(r"^map \d+: from "))
    assert page.url.endswith("look=conv2")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"look=conv2(:|%3A)\d+$"))


def test_the_strongest_of_very_many_features_keep_their_numbers(page: Page, maps: Maps) -> None:
    opened(page, "?look=flatten1")
    page.locator(".maps .over").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    strongest = sorted(np.argsort(-maps["flatten1"].square().double().numpy(), kind="stable")[:1024])
    expect(page.locator(".maps [data-role=read]")).to_have_text(re.compile(rf"^feature {strongest[2]}: "))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"look=flatten1(:|%3A){strongest[2]}$"))
    page.locator(".cells[data-drawn]").wait_for()
    assert shown(page, "result") == pytest.approx(float(maps["flatten1"][strongest[2]]), abs=1e-4)
