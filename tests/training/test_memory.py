"""What a step keeps beside what torch really saves for it, and what is said where there is too little memory."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU
from cnnviz.networks import Network, architecture
from cnnviz.paths import PROJECT
from cnnviz.training import Finished, TrainingConfig, TrainingError, memory, train
from cnnviz.training.learner import Learner
from tests.training.cases import few

SMALL = Network(
    name="small",
    input_shape=(1, 28, 28),
    layers=(
        Conv2d(out_channels=4, kernel_size=5, padding=2),
        BatchNorm2d(),
        ReLU(),
        MaxPool2d(kernel_size=2),
        Dropout(p=0.3),
        Flatten(),
        Linear(out_features=10),
    ),
)


def really_saved(network: Network, images: int) -> int:
    """Bytes of all storages that autograd keeps for a step on a batch on the CPU, without the parameters'."""
    module = network.module()
    own = {parameter.untyped_storage().data_ptr() for parameter in module.parameters()}
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = F.cross_entropy(
            module(torch.randn(images, *network.input_shape)), torch.zeros(images, dtype=torch.int64)
        )
    assert loss.requires_grad
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


NETWORKS = ["lenet5", "tutorial_net", "mlp", "simplified_resnet", "airbench94"]


@pytest.mark.parametrize("key", ["small", *NETWORKS])
def test_bytes_per_image_are_what_a_step_really_keeps(key: str) -> None:
    """Apart from the loss: ten logarithms and the label."""
    network = SMALL if key == "small" else architecture(key)
    few, more = really_saved(network, 3), really_saved(network, 6)
    assert memory.bytes_per_image(network) == (more - few) / 3 - (10 * 4 + 8)


def test_what_is_needed_grows_with_the_batch_and_fits_where_it_is_said_to_fit() -> None:
    per_image = memory.bytes_per_image(SMALL)
    for optimizer in ("sgd", "adam", "muon", "adamw"):
        for free in (10_000, 200_000, 10_000_000, 123_456_789):
            fits = memory.fitting_batch(SMALL, optimizer, free, per_image)
            assert fits == 0 or fits & (fits - 1) == 0
            assert memory.needed_bytes(SMALL, 2 * fits or 1, optimizer, per_image) > free
            if fits:
                assert memory.needed_bytes(SMALL, fits, optimizer, per_image) <= free
    assert memory.fitting_batch(SMALL, "sgd", 1, per_image) == 0


def refusal(network: Network, config: TrainingConfig) -> str:
    with pytest.raises(TrainingError) as error:
        list(train(network, few(300, 20), config))
    return str(error.value)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_batch_that_is_said_to_fit_does(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 5_000_000)
    config = TrainingConfig(epochs=1, batch_size=300, optimizer=optimizer, device="cpu")
    sentence = refusal(SMALL, config)
    match = re.fullmatch(
        r"A batch of 300 needs about 0\.0 GB for small, 0\.0 GB are free: a batch of (\d+) would fit\.", sentence
    )
    assert match, sentence
    smaller = int(match[1])
    assert 1 < smaller < 300
    events = list(train(SMALL, few(300, 20), config.model_copy(update={"batch_size": smaller})))
    assert isinstance(events[-1], Finished)
    refusal(SMALL, config.model_copy(update={"batch_size": 2 * smaller}))


def test_a_network_that_is_too_large_by_itself_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1_500_000_000)
    sentence = memory.complaint(architecture("vgg16"), 32, "adam", 1_500_000_000, 10**8)
    assert sentence == "A batch of 32 needs about 6.4 GB for VGG16, 1.5 GB are free: take a smaller network."


def test_memory_is_not_asked_for_before_training_where_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: None)
    assert list(train(SMALL, few(300, 20), TrainingConfig(epochs=1, batch_size=300, device="cpu")))


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
    MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: you tried"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("free", [10**12, 2_000_000, None])
def test_a_step_that_runs_out_of_memory_ends_in_a_sentence(
    error: Exception, free: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter([10**12])  # at the start there was enough
    monkeypatch.setattr(memory, "free_bytes", lambda device: next(said, free))
    whole = Learner.learn

    def learn(self: Learner, *arguments: Any) -> None:
        if self.step == 3:
            raise error
        whole(self, *arguments)

    monkeypatch.setattr(Learner, "learn", learn)
    config = TrainingConfig(epochs=1, batch_size=50, device="cpu")
    sentence = refusal(SMALL, config)
    match = re.search(r"^A batch of 50 needs about .* for small.*: a batch of (\d+) would fit\.$", sentence)
    assert match, sentence
    assert 1 <= int(match[1]) <= 25


def test_other_errors_of_torch_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def learn(self: Learner, *arguments: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(Learner, "learn", learn)
    with pytest.raises(RuntimeError, match=r"^mat1 and mat2") as error:
        list(train(SMALL, few(300, 20), TrainingConfig(epochs=1)))
    assert not isinstance(error.value, TrainingError)


def test_free_memory_of_this_process_is_known() -> None:
    free = memory.free_bytes(torch.device("cpu"))
    if sys.platform == "linux":
        assert free is not None
        assert 10**6 < free < 10**14
    assert memory.free_bytes(torch.device("meta")) is None


LIMITED = """
import resource, sys
import numpy as np, torch
from cnnviz.data import Dataset, Split
from cnnviz.layers import Conv2d, Flatten, Linear
from cnnviz.networks import Network
from cnnviz.training import TrainingConfig, TrainingError, memory, train

torch.set_num_threads(1)
images = np.random.default_rng(0).integers(0, 256, (4096, 1, 28, 28), np.uint8)
split = Split(images, np.arange(4096) % 10)
data = Dataset("none", "None", tuple("0123456789"), split, Split(split.images[:9], split.labels[:9]))
layers = (Conv2d(out_channels=64, kernel_size=3, padding=1), Flatten(), Linear(out_features=10))
wide = Network(name="wide", input_shape=(1, 28, 28), layers=layers)
config = TrainingConfig(epochs=1, batch_size=4096, device="cpu")
next(train(wide, data, TrainingConfig(batch_size=1, device="cpu")))  # all that is loaded late is there now
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 500_000_000, resource.RLIM_INFINITY))
for known in (True, False):
    if not known:
        memory.free_bytes = lambda device: None
    try:
        list(train(wide, data, config))
    except TrainingError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit a process so")
def test_a_process_with_little_memory_really_says_so() -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    before, within = done.stdout.splitlines()
    assert re.fullmatch(
        r"A batch of 4096 needs about \d\.\d GB for wide, 0\.\d GB are free: a .* \d+ would fit\.", before
    )
    assert re.fullmatch(r"A batch of 4096 needs about \d\.\d GB for wide: a batch of 2048 would fit\.", within)
