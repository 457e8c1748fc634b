"""Containers draw which of their transforms are applied, and apply them as if one by one."""

import itertools
from typing import Any

import jax
import numpy as np
import pytest
from scipy import stats

import augjax as aj
from tests.helpers import noise, quick_jit
from tests.transforms.painting import draw, paint_one

KEY = aj.key(3)
SHAPE = (12, 17, 3)
TURN, MOVE, CONTRAST = (
    aj.RandomRotation(0.2),
    aj.RandomTranslation(0.3, 0.3),
    aj.RandomContrast(0.5),
)
THREE = [TURN, CONTRAST, MOVE]
BY_HAND = "its transforms, one after the other"


def draws(transform, n):
    sample = quick_jit(jax.vmap(lambda i: transform.sample(aj.image_key(KEY, 0, i), SHAPE)))
    return jax.tree.map(np.asarray, sample(np.arange(n, dtype=np.uint32)))


def one_by_one(transforms, params, image):
    for transform in transforms:
        image = paint_one(transform, params[transform.label], image)
    return image


@pytest.mark.parity("RandomApply", BY_HAND)
def test_apply_does_all_or_nothing(same):
    maybe = aj.RandomApply([TURN, CONTRAST], p=0.25)
    image = noise(*SHAPE)
    params = draw(maybe, KEY, SHAPE)
    (own,) = set(params) - {"RandomRotation", "RandomContrast"}
    assert own == "RandomApply(RandomRotation, RandomContrast)"
    off, on = (paint_one(maybe, {**params, own: {"on": np.bool_(on)}}, image) for on in (0, 1))
    same(off, image, tolerance=0)
    same(on, one_by_one([TURN, CONTRAST], params, image))
    share = draws(maybe, 2000)[own]["on"].mean()
    assert abs(share - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 2000)


@pytest.mark.parity("RandomChoice", BY_HAND)
def test_choice_does_one(same):
    choice = aj.RandomChoice([TURN, aj.Sequential([CONTRAST, MOVE])], weights=(1, 3))
    image = noise(*SHAPE)
    params = draw(choice, KEY, SHAPE)
    own = choice.own_label
    for place, chosen in enumerate(([TURN], [CONTRAST, MOVE])):
        made = paint_one(choice, {**params, own: {"choice": np.int32(place)}}, image)
        same(made, one_by_one(chosen, params, image))
    counts = np.bincount(draws(choice, 2000)[own]["choice"], minlength=2)
    assert stats.chisquare(counts, [500, 1500]).pvalue > 0.001


@pytest.mark.parity("RandomSomeOf", BY_HAND)
def test_some_of_does_n_in_the_order_of_the_list(same):
    some = aj.RandomSomeOf(THREE, n=2)
    image = noise(*SHAPE)
    params, own = draw(some, KEY, SHAPE), some.own_label
    for pair in itertools.combinations(range(3), 2):
        chosen = np.isin(np.arange(3), pair)
        made = paint_one(some, {**params, own: {"chosen": chosen}}, image)
        same(made, one_by_one([THREE[i] for i in pair], params, image))
    drawn = draws(some, 3000)[own]["chosen"]
    assert (drawn.sum(axis=1) == 2).all()
    assert stats.chisquare(drawn.sum(axis=0)).pvalue > 0.001


@pytest.mark.parity("RandomOrder", BY_HAND)
def test_order_does_all_in_the_order_drawn(same):
    order = aj.RandomOrder(THREE)
    image = noise(*SHAPE)
    params, own = draw(order, KEY, SHAPE), order.own_label
    unfused = aj.Sequential([order], fuse=False)
    for drawn in itertools.permutations(range(3)):
        made = paint_one(unfused, {**params, own: {"order": np.array(drawn, np.int32)}}, image)
        same(made, one_by_one([THREE[i] for i in drawn], params, image))
    orders = draws(order, 3000)[own]["order"]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6 and stats.chisquare(counts).pvalue > 0.001


def test_geometry_in_random_order_is_resampled_once():
    order = aj.RandomOrder([aj.RandomFlip(), TURN, MOVE])
    plan = order.plan(SHAPE)
    assert plan.resamples == 1 and plan.gathers == 4


def test_containers_change_no_draw_of_what_they_hold():
    alone = {t.label: t.sample(KEY, SHAPE) for t in THREE}
    for container in (aj.RandomApply(THREE), aj.RandomChoice(THREE), aj.RandomOrder(THREE)):
        for nested in (container, aj.Sequential([container]), aj.RandomApply(container)):
            held = nested.sample(KEY, SHAPE)
            for label, own in alone.items():
                jax.tree.map(np.testing.assert_array_equal, held[label], own)


def test_a_name_gives_a_second_container_draws_of_its_own():
    twice = aj.Sequential([aj.RandomApply(TURN), aj.RandomApply(TURN, name="again")])
    drawn = twice.sample(KEY, SHAPE)
    assert set(drawn) == {"RandomApply(RandomRotation)", "RandomRotation", "again"}
    assert set(drawn["again"]) == {"RandomApply(RandomRotation)", "RandomRotation"}
    assert drawn["again"]["RandomRotation"]["angle"] != drawn["RandomRotation"]["angle"]


def test_an_image_and_its_targets_get_the_same_choice():
    exact: dict[str, Any] = {"interpolation": "nearest", "fill_mode": "constant"}
    turn, move = aj.RandomRotation(0.2, **exact), aj.RandomTranslation(0.3, 0.3, **exact)
    choice = aj.Sequential([aj.RandomChoice([turn, move, aj.RandomFlip()])], boxes="xyxy")
    mask = np.zeros(SHAPE[:2], np.int32)
    mask[4:8, 6:11] = 1
    example = {
        "image": np.repeat(mask[..., None], 3, axis=2).astype(np.float32),
        "mask": mask,
        "boxes": np.array([[6, 4, 11, 8]], np.float32),
    }
    batch = {name: np.stack([part] * 30) for name, part in example.items()}
    moved = jax.tree.map(np.asarray, quick_jit(lambda batch: choice.batch(KEY, batch))(batch))
    for image, mask, box in zip(moved["image"], moved["mask"], moved["boxes"], strict=True):
        np.testing.assert_array_equal(image[..., 0] > 0.5, mask == 1)
        rows, columns = np.nonzero(mask)
        left, top, right, bottom = box[0]
        assert left <= columns.min() + 0.5 and columns.max() <= right
        assert top <= rows.min() + 0.5 and rows.max() <= bottom


SHRINK, LOWER = aj.RandomWidth((-0.5, 0.0)), aj.RandomHeight((-0.5, 0.0))
BACK = aj.Resize(*SHAPE[:2], antialias=False)


@pytest.mark.parametrize(
    "never",
    [
        aj.RandomApply(SHRINK, p=0.0),
        aj.RandomApply([SHRINK, LOWER], p=0.0),
        aj.RandomSomeOf([SHRINK, LOWER], n=0),
        aj.RandomChoice([SHRINK, aj.Sequential([])], weights=[0, 1]),
    ],
    ids=lambda never: never.label,
)
def test_a_size_that_is_not_applied_has_no_frame(never):
    pipeline = aj.Sequential([never, BACK], boxes="xyxy", fuse=True)
    example: Any = {
        "image": noise(*SHAPE),
        "boxes": [[0, 0, SHAPE[1], SHAPE[0]]],
        "keypoints": [[16, 11]],
    }

    @quick_jit
    def applied(image):
        params = pipeline.sample(KEY, SHAPE)
        return pipeline.apply(params, example | {"image": image}), pipeline.valid(params, SHAPE)

    became, valid = applied(example["image"])
    np.testing.assert_allclose(became["image"], example["image"], atol=2e-5)
    np.testing.assert_allclose(became["boxes"], example["boxes"])
    assert became["boxes_visible"] == 1 and became["keypoints_visible"] and valid.all()


def test_of_two_sizes_the_one_that_is_chosen_has_a_frame():
    pipeline = aj.Sequential([aj.RandomChoice([SHRINK, LOWER])], boxes="xyxy")
    drawn = draws(pipeline, 8)
    height, width = SHAPE[:2]
    for i in range(8):
        params = jax.tree.map(lambda draw, i=i: draw[i], drawn)
        valid = np.asarray(pipeline.valid(params, SHAPE))
        by_width = params["RandomChoice(RandomWidth, RandomHeight)"]["choice"] == 0
        rows = height if by_width else params["RandomHeight"]["height"]
        columns = params["RandomWidth"]["width"] if by_width else width
        assert valid[:rows, :columns].all() and valid.sum() == rows * columns
