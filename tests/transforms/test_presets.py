"""Pipelines by name."""

import json

import pytest

import augjax as aj
from augjax.transforms.presets import PRESETS
from tests.helpers import noise


def test_the_notebooks_chain_is_the_notebooks():
    chain = [
        aj.RandomContrast(0.2),
        aj.RandomFlip("horizontal"),
        aj.RandomRotation(0.1),
        aj.RandomTranslation(0.1, 0.1),
    ]
    assert aj.preset("notebook") == aj.Sequential(chain)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_data_that_augments(name):
    pipeline = aj.preset(name, image_size=24)
    assert aj.from_dict(json.loads(json.dumps(aj.to_dict(pipeline)))) == pipeline
    images = noise(3, 24, 24, 3)
    made = pipeline.batch(aj.key(0), images)
    assert made.shape == images.shape and made.min() >= 0 and made.max() <= 1
    assert (made != images).any()


def test_a_crop_is_as_large_as_asked_for():
    assert aj.preset("imagenet").out_shape((300, 200, 3)) == (224, 224, 3)
    assert aj.preset("imagenet", image_size=96).out_shape((300, 200, 3)) == (96, 96, 3)
    with pytest.raises(ValueError, match=r"preset\(image_size=0\): expected a whole number"):
        aj.preset("imagenet", image_size=0)


def test_an_unknown_name_lists_the_presets():
    with pytest.raises(ValueError) as error:
        aj.preset("hevy")
    assert str(error.value) == "there is no preset 'hevy'; the presets are " + ", ".join(PRESETS)
