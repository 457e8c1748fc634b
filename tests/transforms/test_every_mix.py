"""What holds for every public transform of a batch, whoever adds it."""

import dataclasses
import inspect
import json
import re

import jax
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.catalog import catalog, mix_examples, mixes
from experiments import certificate
from tests.helpers import noise

every = pytest.mark.parametrize("name", mixes())


def test_transforms_of_images_and_of_batches_are_apart():
    assert set(mixes()) == {"MixUp", "CutMix", "RandomMixChoice"}
    assert not set(mixes()) & set(catalog())


@every
def test_is_documented(name):
    kind = mixes()[name]
    text = inspect.getdoc(kind) or ""
    first = text.split("\n\n")[0]
    assert first.endswith(".") and "\n" not in first, "what it does, in one line"
    assert re.search(r"^Draws", text, re.MULTILINE)
    assert re.search(r"^References?:", text, re.MULTILINE)
    inherited = inspect.getdoc(aj.Mix) or ""
    for field in dataclasses.fields(kind):
        assert re.search(rf"\b{field.name}\b", text + inherited) or field.name == "name"
    parameters = inspect.signature(kind).parameters
    for shared in ("name", "p", "num_classes", "label_smoothing"):
        assert parameters[shared].kind is inspect.Parameter.KEYWORD_ONLY


@every
def test_comes_back_from_json_and_from_python(name):
    mix = mix_examples()[name]
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
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 7, 1), (7, 1, 4), (6, 9, 3)], ids=str)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_size_any_channels_and_any_count(name, shape, count):
    images = noise(count, *shape)
    labels = np.linspace(0, 1, count, dtype=np.float32)
    mixed, soft = mix_examples()[name].batch(aj.key(0), images, labels)
    assert mixed.shape == images.shape and soft.shape == (count,)
    assert images.min() - 1e-6 <= mixed.min() and mixed.max() <= images.max() + 1e-6
    if count == 1:
        np.testing.assert_array_equal(mixed, images)


@every
def test_draws_are_small_and_have_the_batch_first(name):
    params = mix_examples()[name].sample(aj.key(0), np.arange(5, dtype=np.uint32), (8, 8, 3))
    assert all(draw.shape == (5,) for draw in jax.tree.leaves(params))
    json.dumps(jax.tree.map(lambda draw: draw.tolist(), params))


@every
def test_is_certified(name):
    found = certificate.certify_mix(
        mix_examples()[name], batches=(7,), devices=(8,), elsewhere=jax.devices()[1:2]
    )
    assert found.ok, found


@every
def test_a_batch_of_no_images_is_none(name):
    none = np.zeros(0, np.float32)
    images, labels = mix_examples()[name].batch(aj.key(0), np.zeros((0, 8, 8, 3)), none)
    assert images.shape == (0, 8, 8, 3) and labels.shape == (0,)
