"""What each process of a team does: ``torchrun … -m tests.training.team_member FOLDER CASE …``."""

import json
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load, save, save_file

from cnnviz.data import Dataset
from cnnviz.layers import BatchNorm2d, Conv2d, Flatten, Linear
from cnnviz.networks import Network
from cnnviz.training import Checkpoint, Epoch, Step, TrainingConfig, TrainingError, train
from cnnviz.training.team import Team, joined, leave
from tests.training.cases import SMALL, few

NORMALISED = Network(  # to one pixel: one image has no variance
    name="normalised",
    input_shape=(1, 28, 28),
    layers=(Conv2d(out_channels=4, kernel_size=28), BatchNorm2d(), Flatten(), Linear(out_features=10)),
)


@dataclass
class Case:
    network: Network
    data: Dataset
    config: TrainingConfig
    how: str = ""


def _case(network: Network, images: int, how: str = "", **settings: object) -> Case:
    settings = {"epochs": 2, "batch_size": 32, "optimizer": "sgd", "learning_rate": 0.02, "device": "cpu", **settings}
    return Case(network, few(images), TrainingConfig(**settings), how)


AUGMENTED = {"crop_padding": 2, "translate": 1, "flip": "alternating", "cutout": 5, "colour_shift": 0.1}
CASES = {
    "everything": _case(
        SMALL, 101, nesterov=True, weight_decay=0.01, schedule="cosine", label_smoothing=0.1, ema=0.8,
        test_time_augmentation="translate", **AUGMENTED,
    ),
    "smaller": _case(SMALL, 75, batch_size=25, optimizer="muon", learning_rate=0.005, flip="random"),
    "resumed": _case(SMALL, 90, "resume", epochs=3, optimizer="adam", learning_rate=0.003, crop_padding=1),
    "stopped": _case(SMALL, 90, "stop", epochs=900),
    "normalised": _case(NORMALISED, 67),
    "diverged": _case(SMALL, 90, epochs=30, batch_size=8, learning_rate=10, weight_decay=10),
    "fewer images than processes": _case(SMALL, 65),
}  # fmt: skip


def _events(case: Case, team: Team, seen: dict[str, list[object]], file: Path) -> None:
    state = None
    if case.how == "resume":
        first = next(e for e in train(case.network, case.data, case.config) if isinstance(e, Checkpoint))
        state = load(save(first.state))
    with closing(train(case.network, case.data, case.config, state=state, team=team)) as events:  # type: ignore[type-var]
        for event in events:
            seen["events"].append(type(event).__name__)
            if isinstance(event, Checkpoint):
                save_file(event.weights, file)
            elif isinstance(event, Epoch):
                seen["accuracies"] = [event.test_accuracy]
            elif isinstance(event, Step) and event.loss is not None:
                seen["losses"].append(event.loss)
                if case.how == "stop":
                    return


def main() -> None:
    folder = Path(sys.argv[1])
    with joined("cpu") as (team, device):
        assert device == "cpu"
        for name in sys.argv[2:]:
            seen: dict[str, list[object]] = {"events": [], "accuracies": [], "losses": []}
            error = ""
            try:
                _events(CASES[name], team, seen, folder / f"{name}.safetensors")
            except TrainingError as found:
                error = str(found)
            (folder / f"{name}.{team.rank}.json").write_text(json.dumps({**seen, "error": error}))


if __name__ == "__main__":
    main()
    leave(0)
