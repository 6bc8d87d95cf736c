"""Presets that can be trained with."""

import pytest
import torch

from cnnviz.data import DATASETS, form, load_dataset
from cnnviz.networks import architecture, architectures
from cnnviz.training import Finished, TrainingConfig, train
from cnnviz.training.evaluation import answers
from cnnviz.training.presets import PRESETS, fast
from cnnviz.training.refusals import remarks


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


@pytest.mark.parametrize(
    ("dataset", "flip"),
    [("digits", "none"), ("mnist", "none"), ("shapes", "random"), ("fashion_mnist", "random"), ("cifar10", "random")],
)
def test_images_are_mirrored_where_that_leaves_them_what_they_are(dataset: str, flip: str) -> None:
    assert fast(dataset).flip == flip
    assert fast(dataset).model_copy(update={"flip": "none"}) == PRESETS["fast"].config


def test_the_first_preset_is_the_one_that_the_page_begins_with() -> None:
    assert next(iter(PRESETS)) == "fast"
    assert [fast(dataset) for dataset in DATASETS] == [PRESETS["fast"].config_for(dataset) for dataset in DATASETS]


@pytest.mark.parametrize("key", [key for key in PRESETS if key != "fast"])
def test_the_others_are_the_same_for_every_dataset_whose_images_may_be_mirrored(key: str) -> None:
    for dataset in ("shapes", "fashion_mnist", "cifar10"):
        assert PRESETS[key].config_for(dataset) == PRESETS[key].config


@pytest.mark.parametrize("key", PRESETS)
@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_no_preset_mirrors_digits(key: str, dataset: str) -> None:
    config = PRESETS[key].config_for(dataset)
    assert config.flip == "none"
    images = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(answers(torch.nn.Identity(), images, config.test_time_augmentation), images)
    assert not [said for said in remarks(dataset, config) if said.setting != "batch_size"]
    assert PRESETS[key].config_for(None) == PRESETS[key].config


def test_fast_and_good_learns_the_digits_in_a_few_epochs() -> None:
    settings = fast("digits").model_copy(update={"device": "cpu", "epochs": 3})
    *_, last = train(architecture("mlp"), load_dataset("digits"), settings)
    assert isinstance(last, Finished)
    assert last.test_accuracy > 0.95
