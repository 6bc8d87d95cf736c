"""Optimizers by their names in the settings, Muon among them; and their state as flat tensors for a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from cnnviz.training.config import TrainingConfig

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # steepest at 0, so five steps do; they end near 1, not at it
NEWTON_SCHULZ_STEPS = 5
_BETAS = (0.9, 0.999)
_SMALLEST_NORM = 1e-7  # a gradient of zeros stays zeros
_ADAMS = frozenset({"step", "exp_avg", "exp_avg_sq"})


def make_optimizer(module: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """The optimizer of ``config`` for the parameters of ``module`` that require a gradient, in their order.

    Muon has those that it makes orthogonal first. Raises ValueError where nothing can be learned, and for settings in
    conflict.
    """
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if not parameters:
        raise ValueError("The network has nothing to learn: give it a convolution or a Linear layer.")
    if config.conflict:
        raise ValueError(config.conflict)
    rate, decay = config.learning_rate, config.weight_decay
    match config.optimizer:
        case "adam":
            return torch.optim.Adam(parameters, rate, weight_decay=decay)
        case "adamw":
            return torch.optim.AdamW(parameters, rate, weight_decay=decay)
        case "sgd":
            return torch.optim.SGD(
                parameters, rate, momentum=config.momentum, weight_decay=decay, nesterov=config.nesterov
            )
        case "muon":
            hidden = hidden_weights(module)
            orthogonals = set(map(id, hidden))  # == compares tensors cell by cell
            others = [parameter for parameter in parameters if id(parameter) not in orthogonals]
            return Muon(hidden, others, rate, momentum=config.momentum, weight_decay=decay)


def hidden_weights(module: nn.Module) -> list[nn.Parameter]:
    """Weights of convolutions and Linear layers that require a gradient, without the first of the module and the last.

    The first stays the first where it does not require a gradient itself.
    """
    weights = [p for name, p in module.named_parameters() if p.ndim >= 2 and name.rpartition(".")[2] == "weight"]
    return [weight for weight in weights[1:-1] if weight.requires_grad]


def orthogonal(matrix: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """About U·Vᵀ where the matrix is U·S·Vᵀ: singular values of about 0.7 to 1.2, but for very small ones.

    By Newton and Schulz's iteration in ``dtype``; None is bfloat16 on CUDA devices and float32 elsewhere.
    """
    a, b, c = COEFFICIENTS
    x = matrix.to(dtype or (torch.bfloat16 if matrix.is_cuda else torch.float32))
    is_tall = matrix.shape[0] > matrix.shape[1]
    if is_tall:  # the smaller of both Gram matrices
        x = x.T
    x = x / x.norm().clamp(min=_SMALLEST_NORM)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if is_tall else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal for hidden weights, AdamW for all ``others``; both with decoupled weight decay.

    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; the step has the size of AdamW's, so
    both share one learning rate: Liu et al., "Muon is scalable for LLM training", arXiv 2502.16982.
    """

    def __init__(
        self,
        hidden: Iterable[nn.Parameter],
        others: Iterable[nn.Parameter],
        lr: float = 1e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        groups = [{"params": list(hidden), "orthogonal": True}, {"params": list(others), "orthogonal": False}]
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for weight in self.param_groups[0]["params"]:
            if weight.ndim < 2:
                raise ValueError(f"Muon makes matrices orthogonal, but a weight has the shape {tuple(weight.shape)}.")

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            learning = [parameter for parameter in group["params"] if parameter.grad is not None]
            if group["orthogonal"]:
                for weight in learning:
                    self._orthogonal_step(weight, weight.grad, group)
            elif learning:
                self._adamw_step(learning, group)
        return loss

    def _orthogonal_step(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, momentum, rate = self.state[weight], group["momentum"], group["lr"]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        mean = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        filters = gradient.lerp(mean, momentum).flatten(1)  # Nesterov: one step ahead
        step = orthogonal(filters).view(weight.shape)
        weight.mul_(1 - rate * group["weight_decay"])
        weight.add_(step, alpha=-0.2 * rate * sqrt(max(filters.shape)))

    def _adamw_step(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter].update(
                    step=torch.zeros((), dtype=torch.float32),
                    exp_avg=torch.zeros_like(parameter),
                    exp_avg_sq=torch.zeros_like(parameter),
                )
        states = [self.state[parameter] for parameter in parameters]
        adamw(
            parameters,
            [parameter.grad for parameter in parameters if parameter.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            amsgrad=False,
            beta1=_BETAS[0],
            beta2=_BETAS[1],
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=1e-8,
            maximize=False,
        )


def flat_state(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """A copy of what the optimizer remembers of each parameter, on the CPU: ``"{index}.{name}"`` → tensor.

    Whole numbers become int64 and others float64. Learning rates and other settings are not in it.
    """
    return {
        f"{index}.{name}": _tensor(value)
        for index, (parameter, _) in enumerate(_parameters(optimizer))
        for name, value in optimizer.state.get(parameter, {}).items()
        if value is not None
    }


def load_flat_state(optimizer: torch.optim.Optimizer, state: Mapping[str, Tensor]) -> None:
    """Remember what ``flat_state`` gave for an optimizer of the same settings. Raises ValueError where it does not fit."""
    parameters = list(_parameters(optimizer))
    by_parameter: dict[int, dict[str, Any]] = {}
    for key, value in state.items():
        index, _, name = key.partition(".")
        if not (index.isdecimal() and name and int(index) < len(parameters)):
            raise ValueError(f"The optimizer's state has {key!r}, but the optimizer has {len(parameters)} parameters.")
        parameter, names = parameters[int(index)]
        if names is not None:
            shape = torch.Size() if name == "step" else parameter.shape
            if value.shape != shape:
                raise ValueError(
                    f"The optimizer's state has {key} of shape {tuple(value.shape)} instead of {tuple(shape)}."
                )
        by_parameter.setdefault(int(index), {})[name] = _value(value, parameter)
    for number, values in by_parameter.items():
        names = parameters[number][1]
        if names is not None and set(values) != names:
            raise ValueError(
                f"The optimizer's state of parameter {number} is {', '.join(sorted(values))}, but "
                f"{type(optimizer).__name__} has {', '.join(sorted(names)) or 'none'}: it is of another optimizer."
            )
    optimizer.load_state_dict({"state": by_parameter, "param_groups": optimizer.state_dict()["param_groups"]})


def _parameters(optimizer: torch.optim.Optimizer) -> Iterator[tuple[Tensor, frozenset[str] | None]]:
    """Each with the names of its state, which is all or nothing; None where they are not known."""
    for group in optimizer.param_groups:
        names: frozenset[str] | None = None
        if isinstance(optimizer, torch.optim.SGD) or group.get("orthogonal"):
            has_buffer = group["momentum"] or group.get("orthogonal")
            names = frozenset({"momentum_buffer"} if has_buffer else ())
        elif isinstance(optimizer, torch.optim.Adam | Muon):  # AdamW is an Adam
            names = _ADAMS
        for parameter in group["params"]:
            yield parameter, names


def _tensor(value: Tensor | float) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True).contiguous()
    return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)


def _value(saved: Tensor, parameter: Tensor) -> Tensor | float:
    if saved.ndim == 0 and saved.dtype in (torch.float64, torch.int64, torch.bool):
        return saved.item()
    if saved.shape != parameter.shape:
        return saved.clone()
    laid_out = torch.empty_like(parameter, dtype=saved.dtype)  # channels_last where the parameter is
    return laid_out.detach().copy_(saved)
