"""The text of a training script's optimizer and of its learning rate's schedule."""

from __future__ import annotations

from cnnviz.networks import Network
from cnnviz.training.config import TrainingConfig

_MUON = """\
class Muon(torch.optim.Optimizer):
    \"\"\"Momentum made orthogonal: Jordan et al. 2024, arXiv 2502.16982. torch.optim.Muon takes no convolutions.\"\"\"

    def __init__(self, weights: list[nn.Parameter], lr: float, momentum: float, weight_decay: float) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            for weight in group["params"]:
                mean = self.state[weight].setdefault("mean", torch.zeros_like(weight)).lerp_(weight.grad, 1 - momentum)
                filters = weight.grad.lerp(mean, momentum).flatten(1)  # Nesterov: one step ahead
                weight.mul_(1 - lr * group["weight_decay"])
                weight.sub_(orthogonal(filters).view_as(weight), alpha=0.2 * lr * max(filters.shape) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    \"\"\"About U·Vᵀ where the matrix is U·S·Vᵀ, by Newton and Schulz's iteration.\"\"\"
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if is_tall else matrix).to(torch.bfloat16 if matrix.is_cuda else torch.float32)
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
    return (x.T if is_tall else x).float()"""

_HIDDEN = [
    '    weights = [p for name, p in model.named_parameters() if p.ndim > 1 and name.endswith("weight")]',
    "    hidden = weights[1:-1]  # AdamW has the rest",
    "    others = [p for p in model.parameters() if all(p is not weight for weight in hidden)]",
]


def has_hidden_weights(network: Network) -> bool:
    """Whether Muon finds a weight in it; where it finds none, it is AdamW."""
    import torch

    from cnnviz.training.optimizers import hidden_weights

    with torch.device("meta"):
        return bool(hidden_weights(network.module()))


def muon_class(network: Network, config: TrainingConfig) -> list[str]:
    """The text of the optimizer that torch.optim has not, where one is needed."""
    return [_MUON] if config.optimizer == "muon" and has_hidden_weights(network) else []


def optimizer_lines(network: Network, config: TrainingConfig) -> list[str]:
    """Lines that make ``optimizer``; two ``optimizers`` for Muon."""
    rate, decay = f"lr={config.learning_rate!r}", config.weight_decay
    more = [f"weight_decay={decay!r}"] if decay or config.optimizer == "adamw" else []  # AdamW has another default
    match config.optimizer:
        case "adam":
            kind, arguments = "Adam", [rate, *more]
        case "adamw":
            kind, arguments = "AdamW", [rate, *more]
        case "sgd":
            momentum = [f"momentum={config.momentum!r}"] if config.momentum else []
            kind, arguments = "SGD", [rate, *momentum, *more, *(["nesterov=True"] if config.nesterov else [])]
        case "muon":
            kind, arguments = "AdamW", [rate, f"weight_decay={decay!r}"]
            if has_hidden_weights(network):
                return [
                    *_HIDDEN,
                    "    optimizers = [",
                    f"        Muon(hidden, {rate}, momentum={config.momentum!r}, weight_decay={decay!r}),",
                    f"        torch.optim.AdamW(others, {', '.join(arguments)}),",
                    "    ]",
                ]
    return [f"    optimizer = torch.optim.{kind}(model.parameters(), {', '.join(arguments)})"]


def schedule_lines(config: TrainingConfig, optimizers: bool) -> list[str]:
    """Lines that make ``scheduler``, or ``schedulers`` of several ``optimizers``; none for a constant rate."""
    lines, scheduler = _schedule(config)
    if not scheduler:
        return []
    made = f"lr_scheduler.{scheduler}"
    if optimizers:
        return [*lines, "    schedulers = [", f"        {made}", "        for optimizer in optimizers", "    ]"]
    return [*lines, f"    scheduler = {made}"]


def _schedule(config: TrainingConfig) -> tuple[list[str], str]:
    """Lines before the scheduler, and the call that makes it."""
    warmup, epochs = config.warmup_epochs, config.epochs
    if config.schedule == "one_cycle":
        rising = f"{warmup / epochs if warmup else 0.3:.12g}"
        if warmup > epochs - 1:  # the last step has fallen
            rising = f"min({rising}, 1 - 1 / steps)"
        settings = "total_steps=steps, pct_start=rising, cycle_momentum=False"
        before = ["    steps = EPOCHS * steps_per_epoch", f"    rising = {rising}  # the part of them before the peak"]
        return before, f"OneCycleLR(optimizer, {config.learning_rate!r}, {settings})"
    if config.schedule == "triangle":
        return _share(
            ["        if step < top:", "            return 0.2 + 0.8 * step / top"],
            "1 - 0.93 * (step - top) / (steps - top)",
            ["    steps = EPOCHS * steps_per_epoch", "    top = int(0.23 * steps)"],
        )
    drops = f"math.floor(step / ({config.step_epochs!r} * steps_per_epoch) + 1e-9)"
    falling = {
        "constant": "1.0",
        "cosine": "(1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))) / 2",
        "step": f"{config.step_factor!r} ** {drops}",
    }[config.schedule]
    if warmup:
        before = [f"    warmup = round({warmup!r} * steps_per_epoch)"]
        before += ["    steps = EPOCHS * steps_per_epoch"] if config.schedule == "cosine" else []
        rising = "(step + 1) / warmup"
        if config.schedule == "step":  # it may drop while it rises
            risen = "        risen = min(1.0, (step + 1) / max(1, warmup))"
            return _share([risen], f"risen * {falling}", before)
        return _share(["        if step < warmup:", f"            return {rising}"], falling, before)
    if config.schedule == "cosine":
        return [], "CosineAnnealingLR(optimizer, EPOCHS * steps_per_epoch)"
    if config.schedule == "step":
        if config.step_epochs.is_integer():
            size = f"step_size={int(config.step_epochs)} * steps_per_epoch"
            return [], f"StepLR(optimizer, {size}, gamma={config.step_factor!r})"
        return _share([], falling, [])
    return [], ""


def _share(lines: list[str], last: str, before: list[str]) -> tuple[list[str], str]:
    text = ["", "    def share(step: int) -> float:", *lines, f"        return {last}", ""]
    return [*before, *text], "LambdaLR(optimizer, share)"
