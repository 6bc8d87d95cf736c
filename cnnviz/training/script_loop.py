"""The text of a training script's loop: the steps, the averaged weights, and what is measured after each epoch."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.layers import BatchNorm2d, Block, Dropout, Layer, Shape
from cnnviz.layers.blocks import with_shapes
from cnnviz.networks import Network
from cnnviz.networks.draft import everything
from cnnviz.training.config import TrainingConfig
from cnnviz.training.script_data import augments
from cnnviz.training.script_optimizers import optimizer_lines, schedule_lines

_ANSWERS = """\
def answers(model: nn.Module, images: Tensor) -> Tensor:
    \"\"\"Logits, the mean over several views of each image.\"\"\"

    def both_ways(images: Tensor) -> Tensor:
        return (model(images) + model(images.flip(-1))) / 2

"""
_MIRROR = "    return both_ways(images)"
_TRANSLATE = """\
    padded = F.pad(images, (1, 1, 1, 1), mode="reflect")
    shifted = both_ways(padded[:, :, :-2, :-2]) + both_ways(padded[:, :, 2:, 2:])
    return both_ways(images) / 2 + shifted / 4"""
_AVERAGED = """\
@torch.no_grad()
def update(average: nn.Module, model: nn.Module, step: int) -> None:
    \"\"\"Take the weights into their moving average, which soon forgets the first ones.\"\"\"
    decay = min(DECAY, (1 + step) / (10 + step))
    for mean, weight in zip(average.parameters(), model.parameters(), strict=True):
        mean.lerp_(weight, 1 - decay)"""
_BUFFERS = """
    for ours, theirs in zip(average.buffers(), model.buffers(), strict=True):
        ours.copy_(theirs)"""


def drops_maps(network: Network) -> bool:
    """Whether a Dropout reads maps: which of their cells it drops depends on how they lie in memory."""

    def inside(layers: Sequence[Layer], shape: Shape) -> bool:
        return any(
            (isinstance(layer, Dropout) and len(before) > 1)
            or (isinstance(layer, Block) and any(inside(path, before) for path in layer.paths.values()))
            for _, layer, before, _ in with_shapes(layers, shape)
        )

    return inside(network.layers, network.input_shape)


def averaging(network: Network, config: TrainingConfig) -> list[str]:
    """``update``, where the settings want averaged weights."""
    update = _AVERAGED.replace("DECAY", repr(config.ema))
    return [update + (_BUFFERS if _normalises(network) else "")] if config.ema else []


def _normalises(network: Network) -> bool:
    return any(isinstance(layer, BatchNorm2d) for layer in everything(network.layers))


def evaluation(config: TrainingConfig) -> str:
    """``evaluate``, and ``answers`` where an image is shown in several views."""
    views = {"none": "", "mirror": f"{_ANSWERS}{_MIRROR}\n\n\n", "translate": f"{_ANSWERS}{_TRANSLATE}\n\n\n"}
    mixed, wide = (", mixed", ".float()") if config.precision == "bf16" else ("", "")
    call = "model(" if config.test_time_augmentation == "none" else "answers(model, "
    lines = [
        "def evaluate(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:",
        '    """Mean loss and share of right answers."""',
        "    model.eval()",
        "    loss = right = 0.0",
        f"    with torch.inference_mode(){mixed}:",
        "        for x, y in zip(images.split(500), labels.split(500), strict=True):",
        f"            logits = {call}standardised(x)){wide}",
        '            loss += F.cross_entropy(logits, y, reduction="sum").item()',
        "            right += (logits.argmax(1) == y).sum().item()",
        "    return loss / len(labels), right / len(labels)",
    ]
    return views[config.test_time_augmentation] + "\n".join(lines)


def main(network: Network, name: str, config: TrainingConfig) -> str:
    """``main``, which trains the class ``name``."""
    drops = any(isinstance(layer, Dropout) for layer in everything(network.layers))
    normalises = config.batch_size > 1 and _normalises(network)
    optimizer = optimizer_lines(network, config)
    several = any("optimizers = [" in line for line in optimizer)
    schedule = schedule_lines(config, several)
    changes, mixed, smoothing = augments(config), config.precision == "bf16", config.label_smoothing
    axes = ", axes" if config.colour_shift else ""
    named = mixed or smoothing  # the logits are used twice, or made otherwise
    logits = ("logits.float()" if mixed else "logits") if named else "model(images)"
    smooth = f", label_smoothing={smoothing!r}" if smoothing else ""
    layout = ", memory_format=torch.channels_last" if drops_maps(network) else ""
    cut = "[: steps_per_epoch * BATCH_SIZE]" if normalises else ""
    plain = f"F.cross_entropy({logits}.detach(), labels)" if smoothing else "loss.detach()"

    tested, images = "average" if config.ema else "model", "x_measured" if config.held_out else "x_test"

    def stepping(what: str) -> str:
        pad = " " * 12
        return f"{pad}for {what} in {what}s:\n{pad}    {what}.step()" if several else f"{pad}{what}.step()"

    text: list[tuple[object, str]] = [  # each line with whether it is needed
        (True, "def main() -> None:"),
        (True, "    parser = argparse.ArgumentParser()"),
        (True, '    parser.add_argument("--data", metavar="FILE.npz")'),
        (True, "    x_train, y_train, x_test, y_test = (part.to(device) for part in load(parser.parse_args().data))"),
        (
            config.held_out,
            f"    holds_out = torch.from_numpy(held_out(y_train.cpu().numpy(), {config.held_out}, SEED)).to(device)",
        ),
        (config.held_out, "    x_measured, y_measured = x_train[holds_out], y_train[holds_out]"),
        (config.held_out, "    x_train, y_train = x_train[~holds_out], y_train[~holds_out]"),
        (True, "    torch.manual_seed(SEED)"),
        (not layout, f"    model = {name}().to(device)"),
        (layout, f"    model = {name}().to(device{layout})  # its Dropout counts cells in this order"),
        (True, "\n".join(optimizer)),
        (normalises, "    # one image alone cannot be normalised: as the last batch it is left out"),
        (normalises, "    steps_per_epoch = max(1, (len(x_train) + BATCH_SIZE - 2) // BATCH_SIZE)"),
        (schedule and not normalises, "    steps_per_epoch = math.ceil(len(x_train) / BATCH_SIZE)"),
        (schedule, "\n".join(schedule)),
        (config.ema, "    average, step = copy.deepcopy(model), 0"),
        (config.compile, "    model.compile()"),
        (axes, "    axes = colour_axes(x_train)"),
        (True, "    for epoch in range(1, EPOCHS + 1):"),
        (True, "        model.train()"),
        (True, "        torch.manual_seed(SEED * 1000 + epoch)"),
        (True, f"        order = torch.randperm(len(x_train)){cut}.to(device)"),
        (drops, "        torch.manual_seed(SEED * 1000 + epoch)  # for dropout"),
        (changes, f"        numbers = draw(epoch, len(x_train){axes})"),
        (True, "        total = 0.0"),
        (True, "        for batch in order.split(BATCH_SIZE):"),
        (not changes, "            images, labels = standardised(x_train[batch]), y_train[batch]"),
        (changes, "            images = augmented(x_train[batch], *(drawn[batch] for drawn in numbers))"),
        (changes, "            labels = y_train[batch]"),
        (named and not mixed, "            logits = model(images)"),
        (mixed, "            with mixed:\n                logits = model(images)"),
        (True, f"            loss = F.cross_entropy({logits}, labels{smooth})"),
        (True, "            model.zero_grad()"),
        (True, "            loss.backward()"),
        (True, stepping("optimizer")),
        (schedule, stepping("scheduler")),
        (config.ema, "            update(average, model, step)"),
        (config.ema, "            step += 1"),
        (True, f"            total += {plain} * len(batch)"),
        (True, f"        loss, accuracy = evaluate({tested}, {images}, {images.replace('x_', 'y_')})"),
        (
            True,
            f'        measured = f"{config.evaluated_on} loss {{loss:.5f}}, {config.evaluated_on} accuracy {{accuracy:.2%}}"',
        ),
        (True, '        print(f"epoch {epoch}: train loss {total / len(order):.5f}, {measured}")'),
        (config.held_out, f"    loss, accuracy = evaluate({tested}, x_test, y_test)"),
        (config.held_out, '    print(f"test loss {loss:.5f}, test accuracy {accuracy:.2%}")'),
    ]
    return "\n".join(line for needed, line in text if needed)
