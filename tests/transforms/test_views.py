"""Views: several draws of an image in one call, each from a stream of its own."""

import json
import pickle
from typing import Any

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, PartitionSpec

import augjax as aj
from augjax.transforms.replay import replay_key
from tests.helpers import cpu_mesh, noise, quick_jit

PIPELINE = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.2), aj.RandomBrightness(0.3)])
SMALL = aj.Sequential([aj.RandomResizedCrop(6, 5), aj.RandomContrast(0.4)])
IMAGES = noise(4, 9, 12, 3)
IDS = aj.image_ids([f"{i}.png" for i in range(4)])
KEY = aj.stream(aj.key(3), "augment")


def made(views: aj.Views, images: Any = IMAGES, ids: Any = IDS, **how: Any) -> Any:
    return jax.tree.map(np.asarray, views.batch(KEY, images, ids, **how))


TWO = aj.views(PIPELINE, 2)
CROPS = aj.views([(PIPELINE, 2), (SMALL, 3)])


def test_shapes():
    large, small = made(CROPS)
    assert made(TWO).shape == large.shape == (2, 4, 9, 12, 3)
    assert small.shape == (3, 4, 6, 5, 3)
    large, small = CROPS(KEY, IMAGES[0])
    assert large.shape == (2, 9, 12, 3) and small.shape == (3, 6, 5, 3)
    (alone,) = made(aj.views([(PIPELINE, 2)]))
    np.testing.assert_array_equal(alone, made(TWO))


def test_each_view_of_each_image_is_its_pipeline_under_the_views_key():
    groups = made(CROPS, epoch=2)
    for group, pipeline in enumerate((PIPELINE, SMALL)):
        for view in range(len(groups[group])):
            for i in (0, 3):
                key = CROPS.view_key(aj.image_key(KEY, 2, IDS[i]), view, group)
                again = pipeline(key, IMAGES[i])
                np.testing.assert_allclose(groups[group][view, i], again, atol=2e-5)


def test_all_views_differ_and_the_first_is_not_the_pipelines_own():
    same = np.repeat(IMAGES[:1], 4, axis=0)
    large, _ = made(aj.views([(PIPELINE, 2), (PIPELINE, 2)]), same)
    _, other = made(aj.views([(PIPELINE, 2), (PIPELINE, 2)]), same)
    plain = np.asarray(PIPELINE.batch(KEY, same, IDS))
    pictures = np.concatenate([*large, *other, plain])
    assert len(np.unique(pictures.reshape(len(pictures), -1), axis=0)) == 20


def test_a_view_or_a_group_added_changes_no_other_view():
    large, small = made(CROPS)
    more, same, _ = made(aj.views([(PIPELINE, 5), (SMALL, 3), (PIPELINE, 1)]))
    np.testing.assert_allclose(more[:2], large, atol=2e-5)
    np.testing.assert_allclose(same, small, atol=2e-5)
    np.testing.assert_allclose(made(aj.views(PIPELINE, 1))[0], large[0], atol=2e-5)


def test_neither_neighbours_nor_place_matter():
    rows = [2, 0]
    np.testing.assert_allclose(made(TWO, IMAGES[rows], IDS[rows]), made(TWO)[:, rows], atol=2e-5)
    assert np.abs(made(TWO, epoch=1) - made(TWO)).max() > 0.01
    positions = np.arange(4, dtype=np.uint32)
    np.testing.assert_array_equal(made(TWO, ids=None), made(TWO, ids=positions))


def test_a_name_is_part_of_the_key():
    named = aj.Views(PIPELINE, 2, name="teacher")
    assert np.abs(made(named) - made(TWO)).max() > 0.01
    below = aj.stream(KEY, "teacher")
    np.testing.assert_array_equal(
        jax.random.key_data(named.view_key(KEY, 1)), jax.random.key_data(TWO.view_key(below, 1))
    )


def test_examples_have_the_first_axes_of_their_images():
    boxes = np.tile(np.array([[1, 2, 7, 8]], np.float32), (4, 1, 1))
    pipeline = aj.Sequential([aj.RandomFlip("horizontal")], boxes="xyxy")
    views = aj.views([(pipeline, 3)])
    batch = {"image": IMAGES, "boxes": boxes, "label": np.arange(4)}
    (painted,) = made(views, batch)
    assert painted["boxes"].shape == (3, 4, 1, 4)
    np.testing.assert_array_equal(painted["label"], np.tile(np.arange(4), (3, 1)))
    flipped = (painted["image"] != IMAGES).any((2, 3, 4))
    assert flipped.any() and not flipped.all()
    np.testing.assert_array_equal(painted["boxes"][..., 0, 0], np.where(flipped, 5, 1))


def test_one_program_for_all_epochs_and_strengths():
    traces = 0

    @quick_jit
    def augment(images, epoch, strength):
        nonlocal traces
        traces += 1
        return TWO.batch(KEY, images, IDS, epoch=epoch, strength=strength)

    painted = [augment(IMAGES, np.int32(n), np.float32(n / 2)) for n in range(3)]
    assert traces == 1
    np.testing.assert_allclose(painted[2], made(TWO, epoch=2, strength=1.0), atol=2e-5)
    np.testing.assert_allclose(augment(IMAGES, np.int32(0), np.float32(0))[1], IMAGES, atol=2e-6)


def test_the_program_holds_a_pipeline_once_however_many_views():
    def length(n):
        views = aj.views(PIPELINE, n)
        return len(str(jax.make_jaxpr(lambda images: views.batch(KEY, images, IDS))(IMAGES)))

    assert length(9) < 1.1 * length(2)


def test_they_are_data_and_python():
    for views in (TWO, CROPS, aj.Views([SMALL], [2], name="one")):
        text = json.dumps(aj.to_dict(views))
        for copy in (
            aj.from_dict(json.loads(text)),
            eval(repr(views), dict(vars(aj.transforms))),
            pickle.loads(pickle.dumps(views)),
        ):
            assert copy == views and hash(copy) == hash(views)
    assert repr(TWO).startswith("Views(Sequential([") and repr(TWO).endswith(", 2)")


def test_a_replay_has_all_views():
    again = aj.replay(CROPS, seed=3, epoch=5, id="2.png", image=IMAGES[2])
    for group, trained in zip(again, made(CROPS, epoch=5), strict=True):
        np.testing.assert_allclose(group, trained[:, 2], atol=2e-5)
    key = CROPS.view_key(replay_key(seed=3, epoch=5, id="2.png"), 1)
    np.testing.assert_allclose(PIPELINE(key, IMAGES[2]), again[0][1], atol=2e-5)


@pytest.mark.parametrize("explicit", [False, True])
def test_a_batch_is_split_along_its_own_axis(explicit):
    mesh = cpu_mesh(2)
    if explicit:
        mesh = jax.make_mesh((2,), ("data",), (AxisType.Explicit,), devices=jax.devices()[:2])
    split = jax.NamedSharding(mesh, PartitionSpec("data"))
    images, ids = jax.device_put((IMAGES, IDS), split)
    painted = TWO.batch(KEY, images, ids)
    assert painted.sharding.shard_shape(painted.shape)[:2] == (2, 2)
    np.testing.assert_allclose(painted, made(TWO), atol=2e-5)
