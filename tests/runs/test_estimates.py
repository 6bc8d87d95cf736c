"""How long a run will take, beside measurements and arithmetic."""

from collections.abc import Callable
from typing import Any

import pytest

from cnnviz.data import DATASETS, counts, form, load_dataset
from cnnviz.networks import Network, architecture
from cnnviz.runs import Run, RunStore, Spec, estimates
from cnnviz.runs.estimates import Estimate, estimate, shortage
from cnnviz.training import TrainingConfig, memory

EPOCHS_MEASURED = [  # seconds of one epoch in batches of 128 on two CPU cores
    ("mlp", "mnist", 2.03), ("mlp", "cifar10", 4.39), ("tutorial_net", "mnist", 3.04), ("tutorial_net", "cifar10", 3.14),
    ("lenet5_1998", "cifar10", 4.06), ("lenet5", "mnist", 13.71), ("lenet5", "cifar10", 15.24),
    ("simplified_alexnet", "mnist", 55.5), ("simplified_alexnet", "cifar10", 72.5),
    ("simplified_resnet", "mnist", 114.7), ("simplified_resnet", "cifar10", 155.9),
]  # fmt: skip

NewRun = Callable[..., Run]


@pytest.fixture(autouse=True)
def a_machine_without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "_fastest", lambda: "cpu")


@pytest.fixture
def new_run() -> NewRun:
    """Makes a run that went at a speed."""

    def make(network: Network, dataset: str, images_per_second: float, **settings: Any) -> Run:
        store = RunStore()
        run = store.create(Spec(network=network, dataset=dataset, config=TrainingConfig(**settings)))
        store.report(run.id, images_per_second=images_per_second)
        return store.get(run.id)

    return make


def known(found: Estimate | None) -> Estimate:
    assert found is not None
    return found


def fitted(key: str, dataset: str) -> Network:
    return architecture(key).fitted(*form(dataset))


@pytest.mark.parametrize("dataset", ["digits", "shapes"])
def test_the_datasets_are_as_large_as_is_said(dataset: str) -> None:
    found = load_dataset(dataset)
    assert counts(dataset) == (len(found.train), len(found.test))
    assert all(len(counts(name)) == 2 for name in DATASETS)


@pytest.mark.parametrize(("key", "dataset", "measured"), EPOCHS_MEASURED)
def test_the_rule_of_thumb_is_within_a_third_of_what_was_measured(key: str, dataset: str, measured: float) -> None:
    def seconds(epochs: int) -> float:
        found = known(estimate(fitted(key, dataset), dataset, TrainingConfig(epochs=epochs, batch_size=128), []))
        assert found.known_from == "a rule of thumb"
        return found.seconds

    # An epoch trains and tests: testing a test image is a third of training on one, and has no steps of its own.
    train, test = counts(dataset)
    assert seconds(11) - seconds(10) == pytest.approx(measured * (1 + test / train / 3), rel=0.34)


def test_an_earlier_run_is_believed(new_run: NewRun) -> None:
    network = fitted("lenet5", "mnist")
    config = TrainingConfig(epochs=10, batch_size=128)
    runs = [new_run(network, "mnist", 5_000.0, batch_size=128, epochs=1)]
    found = known(estimate(network, "mnist", config, runs))
    assert found.known_from == "same run"
    assert 5 + 10 * 60_000 / 5_000 < found.seconds < 5 + 10 * 60_000 / 5_000 + 11 * 10_000 / 5_000 / 2
    runs = [new_run(architecture("lenet5"), "mnist", speed, batch_size=128) for speed in (20.0, 5_000.0, 90_000.0)]
    assert known(estimate(network, "mnist", config, runs)) == found  # the median; and it need not be fitted


@pytest.mark.parametrize("change", [{"batch_size": 4}, {"recipe": "speed", "optimizer": "sgd"}, {"precision": "bf16"}])
def test_runs_of_another_kind_are_only_compared(new_run: NewRun, change: dict[str, Any]) -> None:
    network = fitted("lenet5", "mnist")
    runs = [new_run(network, "mnist", 5_000.0, **({"batch_size": 128} | change))]
    assert known(estimate(network, "mnist", TrainingConfig(batch_size=128), runs)).known_from == "other runs"


def test_a_machine_of_half_the_speed_takes_twice_as_long(new_run: NewRun) -> None:
    network, config = fitted("tutorial_net", "cifar10"), TrainingConfig(epochs=10, batch_size=64)
    start = known(estimate(network, "digits", TrainingConfig(epochs=1, batch_size=1442), [])).seconds
    assert start > 5
    rule = known(estimate(network, "cifar10", config, [])).seconds - 5
    other = fitted("mlp", "digits")
    one_epoch, two = (
        known(estimate(other, "digits", TrainingConfig(epochs=epochs, batch_size=32), [])).seconds for epochs in (1, 2)
    )
    train, test = counts("digits")
    cost = estimates._cost(other, "digits")
    assert two - one_epoch == pytest.approx(train * cost.per_image(32) + test * cost.image / 3)
    runs = [new_run(other, "digits", 0.5 / cost.per_image(32), batch_size=32)]
    found = known(estimate(network, "cifar10", config, runs))
    assert found.known_from == "other runs"
    assert found.seconds - 5 == pytest.approx(2 * rule)


def test_small_batches_cost_more_and_more_views_too() -> None:
    network = fitted("tutorial_net", "cifar10")

    def seconds(**settings: Any) -> float:
        return known(estimate(network, "cifar10", TrainingConfig(**settings), [])).seconds

    assert seconds(batch_size=4) > 3 * seconds(batch_size=128)
    once, mirrored = seconds(batch_size=128), seconds(batch_size=128, test_time_augmentation="mirror")
    assert seconds(batch_size=128, test_time_augmentation="translate") - once == pytest.approx(5 * (mirrored - once))


def test_of_a_gpu_nothing_is_said_until_it_has_run(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "_fastest", lambda: "cuda:0")
    network, config = fitted("lenet5", "mnist"), TrainingConfig(batch_size=128)
    on_cpu = new_run(network, "mnist", 5_000.0, batch_size=128, device="cpu")
    assert estimate(network, "mnist", config, [on_cpu]) is None
    assert (
        known(estimate(network, "mnist", config.model_copy(update={"device": "cpu"}), [on_cpu])).known_from
        == "same run"
    )
    on_gpu = new_run(network, "mnist", 300_000.0, batch_size=128)
    assert known(estimate(network, "mnist", config, [on_cpu, on_gpu])).known_from == "same run"


def test_a_run_that_never_reported_its_speed_says_nothing(new_run: NewRun) -> None:
    network = fitted("lenet5", "mnist")
    run = RunStore().create(Spec(network=network, dataset="mnist", config=TrainingConfig(batch_size=128)))
    assert known(estimate(network, "mnist", TrainingConfig(batch_size=128), [run])).known_from == "a rule of thumb"


def test_what_needs_more_than_is_free_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    network, config = fitted("simplified_resnet", "cifar10"), TrainingConfig(batch_size=512)
    needed = memory.needed_bytes(network, 512, "adam", memory.bytes_per_image(network))
    monkeypatch.setattr(memory, "free_bytes", lambda device: int(needed * 1.01))
    assert shortage(network, config) == ""
    monkeypatch.setattr(memory, "free_bytes", lambda device: int(needed * 0.7))
    assert shortage(network, config) == (
        f"A batch of 512 needs about {needed / 1e9:.1f} GB for Simplified ResNet, {needed * 0.7 / 1e9:.1f} GB are free: "
        "a batch of 256 would fit."
    )
    monkeypatch.setattr(memory, "free_bytes", lambda device: None)
    assert shortage(network, config) == ""
    monkeypatch.setattr(memory, "free_bytes", lambda device: 0)
    assert shortage(network, config.model_copy(update={"device": "cuda"})) == ""  # which nobody asks here


def test_a_small_network_is_not_looked_at_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 0)
    assert shortage(fitted("lenet5", "mnist"), TrainingConfig(batch_size=128)) == ""
