"""What holds for every public transform of a batch, whoever adds it."""

import dataclasses
import functools
import inspect
import itertools
import json
import re

import jax
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.mixing.trial import trial
from tests.helpers import noise
from tests.transforms.examples import CATALOG, MIXES, example

CASES = list(  # Shapes and counts.
    itertools.product([(1, 1, 3), (1, 7, 1), (7, 1, 4), (6, 9, 3)], [1, 2, 5])
)


def batch(name, images, labels):
    mix = example(name)
    made = mix.batch(aj.key(0), trial(mix, images, labels))
    return made["image"], made["label"]


every = pytest.mark.parametrize("name", MIXES)


def test_no_mix_is_a_transform_of_one_image():
    assert set(MIXES) == {"MixUp", "CutMix", "Mosaic", "CopyPaste", "RandomMixChoice"}
    assert not set(MIXES) & set(CATALOG)


@every
def test_is_documented(name):
    kind = MIXES[name]
    text = inspect.getdoc(kind) or ""
    first = text.split("\n\n")[0]
    assert first.endswith(".") and "\n" not in first, "what it does, in one line"
    assert re.search(r"^Draws", text, re.MULTILINE)
    assert re.search(r"^References?:", text, re.MULTILINE)
    inherited = inspect.getdoc(aj.Mix) or ""
    for field in dataclasses.fields(kind):
        assert re.search(rf"\b{field.name}\b", text + inherited) or field.name == "name"
    parameters = inspect.signature(kind).parameters
    shared_by_all = [field.name for field in dataclasses.fields(aj.Mix)]
    assert len(shared_by_all) == 7
    for shared in shared_by_all:
        assert parameters[shared].kind is inspect.Parameter.KEYWORD_ONLY


@every
def test_comes_back_from_json_and_from_python(name):
    mix = example(name)
    for variant in (
        mix,
        dataclasses.replace(mix, name="a 'name'", p=0.5, num_classes=7, label_smoothing=0.1),
    ):
        copies = (
            aj.from_dict(json.loads(json.dumps(aj.to_dict(variant)))),
            eval(repr(variant), dict(vars(aj.transforms))),
        )
        for copy in copies:
            assert copy == variant and hash(copy) == hash(variant) and type(copy) is type(variant)


@every
def test_any_size_any_channels_and_any_count(name):
    for shape, count in CASES:
        images = jax.ShapeDtypeStruct((count, *shape), np.float32)
        labels = jax.ShapeDtypeStruct((count,), np.float32)
        mixed, soft = jax.eval_shape(functools.partial(batch, name), images, labels)
        assert mixed.shape == images.shape and soft.shape == (count,)


# In a single pixel, arithmetic breaks first, and a single image has no partner.
ENOUGH = {((1, 1, 3), 2), ((6, 9, 3), 1)}


@every
@pytest.mark.parametrize(
    ("shape", "count"),
    [pytest.param(*case, marks=() if case in ENOUGH else pytest.mark.long) for case in CASES],
    ids=str,
)
def test_pixels_stay_in_range_and_one_image_as_it_is(name, shape, count):
    images = noise(count, *shape)
    labels = np.linspace(0, 1, count, dtype=np.float32)
    mixed, soft = map(np.asarray, batch(name, images, labels))
    assert mixed.shape == images.shape and soft.shape == (count,)
    assert images.min() - 1e-6 <= mixed.min() and mixed.max() <= images.max() + 1e-6
    if count == 1:
        np.testing.assert_array_equal(mixed, images)


@every
def test_draws_are_small_and_have_the_batch_first(name):
    ids = np.arange(5, dtype=np.uint32)
    params = jax.eval_shape(lambda key: example(name).sample(key, ids, (8, 8, 3)), aj.key(0))
    assert all(draw.shape in ((5,), (5, 2)) for draw in jax.tree.leaves(params))
    json.dumps(jax.tree.map(lambda draw: np.zeros(draw.shape, draw.dtype).tolist(), params))


@every
def test_a_batch_of_no_images_is_none(name):
    none = np.zeros(0, np.float32)
    images, labels = batch(name, np.zeros((0, 8, 8, 3)), none)
    assert images.shape == (0, 8, 8, 3) and labels.shape == (0,)
