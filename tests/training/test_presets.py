"""Presets that can be trained with."""

import pytest

from cnnviz.data import DATASETS, form
from cnnviz.networks import architecture, architectures
from cnnviz.training import TrainingConfig
from cnnviz.training.presets import PRESETS


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_is_whole(key: str) -> None:
    preset = PRESETS[key]
    assert TrainingConfig.model_validate(preset.config.model_dump()) == preset.config
    assert TrainingConfig.model_validate_json(preset.config.model_dump_json()) == preset.config
    assert preset.architecture is None or preset.architecture in architectures()
    assert preset.dataset is None or preset.dataset in DATASETS
    assert 3 < len(preset.title) < 40
    assert preset.says.endswith(".")


@pytest.mark.parametrize("key", [key for key, preset in PRESETS.items() if preset.architecture])
def test_its_network_fits_its_dataset(key: str) -> None:
    preset = PRESETS[key]
    assert preset.dataset is not None
    shape, classes = form(preset.dataset)
    network = architecture(str(preset.architecture))
    assert network.input_shape == shape
    assert network.shapes[-1] == (classes,)


def test_titles_tell_them_apart() -> None:
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)
    assert PRESETS["speed_run"].config.recipe == "speed"
    assert PRESETS["speed_run"].architecture == "airbench94"
    assert PRESETS["course"].config.batch_size == 4
