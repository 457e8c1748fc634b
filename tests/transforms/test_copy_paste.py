"""CopyPaste: by hand, by a formula of its own in NumPy, and how objects are chosen."""

import dataclasses
import re

import jax
import numpy as np
import pytest

import augjax as aj
from tests.transforms.target_batches import KEY, PASTE, SHAPE, N, apply, example, floats, run, whole

INSTANCES = dataclasses.replace(PASTE, instance_masks=True)
ALL = {
    "on": np.ones(2, bool), "partner": whole([1, 0]), "share": floats([1, 1]),
    "coins": np.zeros((2, 2), np.uint32),
}  # fmt: skip


def pair():
    """Two images of 3 x 5: a left and a right object, and a bar across the middle beside nothing.

    1 1 0 2 2      0 0 0 0 0
    1 1 0 2 2      0 3 3 3 0
    0 0 0 2 2      0 0 0 0 0
    """
    mask = np.zeros((2, 3, 5), np.uint8)
    mask[0, :2, :2], mask[0, :, 3:], mask[1, 1, 1:4] = 1, 2, 3
    boxes = floats([[[0, 0, 2, 2], [3, 0, 5, 3]], [[1, 1, 4, 2], [7, 7, 9, 9]]])
    image = np.zeros((2, 3, 5, 1), np.float32)
    image[1] = 1.0
    return {
        "image": image, "mask": mask, "boxes": boxes, "label": np.array([[1, 2], [3, 0]]),
        "boxes_valid": np.array([[True, True], [True, False]]),
    }  # fmt: skip


def test_by_hand():
    made = apply(PASTE, ALL, pair())
    np.testing.assert_array_equal(
        made["mask"][0], [[1, 1, 0, 2, 2], [1, 3, 3, 3, 2], [0, 0, 0, 2, 2]]
    )
    np.testing.assert_array_equal(made["image"][0, ..., 0], made["mask"][0] == 3)
    # An L keeps its box, as does the bar's end; the left object keeps three of four pixels.
    np.testing.assert_array_equal(
        made["boxes"][0], [[0, 0, 2, 2], [3, 0, 5, 3], [1, 1, 4, 2], [0, 0, 0, 0]]
    )
    np.testing.assert_allclose(made["boxes_visible"][0], [3 / 4, 5 / 6, 1, 0], rtol=1e-6)
    assert made["boxes_valid"][0].tolist() == [True, True, True, False]
    assert made["label"][0].tolist() == [1, 2, 3, 0]
    # Both of the first image's are pasted over the second's bar, of which one pixel is left.
    np.testing.assert_array_equal(
        made["mask"][1], [[1, 1, 0, 2, 2], [1, 1, 3, 2, 2], [0, 0, 0, 2, 2]]
    )
    np.testing.assert_array_equal(
        made["boxes"][1], [[2, 1, 3, 2], [7, 7, 9, 9], [0, 0, 2, 2], [3, 0, 5, 3]]
    )
    np.testing.assert_allclose(made["boxes_visible"][1], [1 / 3, 0, 1, 1], rtol=1e-6)


def test_what_is_covered_wholly_does_not_count():
    batch = pair()
    batch["mask"][0, 1, 1:4], batch["mask"][0, 0], batch["mask"][0, 2] = 1, 0, 0
    batch["mask"][0, 1, 0] = batch["mask"][0, 1, 4] = 0
    batch["boxes"][0, 0] = [0, 0, 5, 3]
    made = apply(PASTE, ALL, batch)
    assert made["boxes_valid"][0].tolist() == [False, True, True, False]
    np.testing.assert_array_equal(made["boxes"][0, 0], np.zeros(4))
    hardly = apply(dataclasses.replace(PASTE, min_visibility=0.8), ALL, pair())
    assert hardly["boxes_valid"][0].tolist() == [False, True, True, False]


def test_what_has_the_class_beside_its_box_is_not_of_the_object():
    batch = pair()
    batch["mask"][1] = 3  # Everywhere, and the box is around the bar alone.
    made = apply(PASTE, ALL, batch)
    expected = apply(PASTE, ALL, pair())
    np.testing.assert_array_equal(made["mask"][0], expected["mask"][0])
    np.testing.assert_array_equal(made["boxes"], expected["boxes"])


def test_objects_that_are_off_are_not_pasted():
    batch = example(instances=True)
    batch["mask"][:, 0, 0] = 1
    params, made = run(INSTANCES, batch)
    off = ~batch["boxes_valid"][params["partner"]]
    assert off.any() and not made["mask"][..., 3:].any(axis=(1, 2))[off].any()
    everything = run(INSTANCES, batch | {"boxes_valid": np.ones((N, 3), bool)})[1]
    assert everything["mask"][..., 3:].any(axis=(1, 2))[off].any()


def test_instances_by_hand():
    batch, channels = pair(), np.zeros((2, 3, 5, 2), np.uint8)
    for i, k, value in ((0, 0, 1), (0, 1, 2), (1, 0, 3)):
        channels[i, ..., k] = 7 * (batch["mask"][i] == value)
    made = apply(INSTANCES, ALL, batch | {"mask": channels})
    expected = apply(PASTE, ALL, pair())
    for name in ("image", "boxes", "boxes_visible", "boxes_valid", "label"):
        np.testing.assert_array_equal(made[name], expected[name])
    assert made["mask"].shape == (2, 3, 5, 4)
    for k, value in enumerate((1, 2, 3)):
        np.testing.assert_array_equal(made["mask"][0, ..., k], 7 * (expected["mask"][0] == value))
    # And without boxes.
    del batch["boxes"], batch["boxes_valid"]
    alone = apply(INSTANCES, ALL, batch | {"mask": channels})
    np.testing.assert_array_equal(alone["mask"], made["mask"])
    np.testing.assert_array_equal(alone["label"], made["label"])


def around(mask):
    rows, columns = np.nonzero(mask)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parity("CopyPaste", "Ghiasi et al.'s formula, in NumPy")
def test_by_a_formula(same):
    batch = example(instances=True)
    params, made = run(INSTANCES, batch)
    pasted_some = covered_some = False
    for i, at in enumerate(params["partner"]):
        chosen = made["mask"][i, ..., 3:].any(axis=(0, 1))
        pasted = batch["mask"][at][..., chosen].any(axis=-1)
        pasted_some |= bool(pasted.any())
        expected = np.where(pasted[..., None], batch["image"][at], batch["image"][i])
        same(made["image"][i], expected, tolerance=0.0)
        for k in range(3):
            own, theirs = batch["mask"][i, ..., k] > 0, batch["mask"][at, ..., k] > 0
            rest = own & ~pasted
            np.testing.assert_array_equal(made["mask"][i, ..., k], rest)
            np.testing.assert_array_equal(made["mask"][i, ..., 3 + k], theirs & chosen[k])
            assert made["boxes_valid"][i, k] == rest.any()
            assert made["boxes_valid"][i, 3 + k] == chosen[k]
            if rest.any() and rest.sum() < own.sum():
                covered_some = True
                np.testing.assert_array_equal(made["boxes"][i, k], around(rest))
                share = rest.sum() / own.sum()
                np.testing.assert_allclose(made["boxes_visible"][i, k], share, rtol=1e-6)
            elif rest.any():
                np.testing.assert_array_equal(made["boxes"][i, k], batch["boxes"][i, k])
            if chosen[k]:
                np.testing.assert_array_equal(made["boxes"][i, 3 + k], batch["boxes"][at, k])
    assert pasted_some and covered_some


def test_each_object_has_its_own_coin_whatever_stands_beside_it():
    batch = example(instances=True)
    batch["mask"][:, 0, 0] = 1  # All have something.
    batch["boxes_valid"][:] = True
    more = batch | {"mask": np.concatenate([batch["mask"]] * 2, axis=-1)}
    more |= {k: np.concatenate([batch[k]] * 2, axis=1) for k in ("label", "boxes", "boxes_valid")}
    chosen = run(INSTANCES, batch)[1]["mask"][..., 3:].any(axis=(1, 2))
    twice = run(INSTANCES, more)[1]["mask"][..., 6:].any(axis=(1, 2))
    np.testing.assert_array_equal(twice[:, :3], chosen)
    assert 0 < chosen.sum() < chosen.size and np.any(twice[:, 3:] != chosen)


def test_coins_are_fair():
    count, mix = 400, aj.CopyPaste(0.3, instance_masks=True)
    batch = {"image": np.zeros((count, 1, 10, 1), np.float32)}
    batch["mask"] = np.broadcast_to(np.eye(10, dtype=bool)[None, None], (count, 1, 10, 10))
    made = mix.batch(KEY, batch)["mask"][..., 10:].any(axis=(1, 2))
    # 4000 coins: four standard deviations; no two objects share theirs.
    assert abs(np.mean(made) - 0.3) < 0.03
    together = np.corrcoef(np.asarray(made, np.float32).T) - np.eye(10)
    assert np.abs(together).max() < 0.25
    half = mix.batch(KEY, batch, strength=0.5)["mask"][..., 10:].any(axis=(1, 2))
    assert abs(np.mean(half) - 0.15) < 0.025
    assert not np.any(np.asarray(half) & ~np.asarray(made))


def test_a_label_of_the_image_is_mixed_by_the_area():
    batch = {"image": np.zeros((2, 2, 4, 1), np.float32), "label": np.array([0, 1])}
    batch["mask"] = np.zeros((2, 2, 4, 1), bool)
    batch["mask"][1, 0, :3] = True
    made = apply(aj.CopyPaste(1.0, instance_masks=True, num_classes=2), ALL, batch)
    np.testing.assert_allclose(made["label"], [[5 / 8, 3 / 8], [0, 1]], rtol=1e-6)


def test_an_ignored_pixel_is_no_object():
    batch = example()
    batch["mask"][:] = 255
    _, made = run(PASTE, batch)
    np.testing.assert_array_equal(made["image"], batch["image"])
    assert not made["boxes_valid"][:, 3:].any()


def test_what_it_cannot_paste_is_one_line():
    batch = example()
    without = {name: batch[name] for name in ("image", "mask", "boxes")}
    images, labels = batch["image"], np.zeros(N, np.float32)
    asks = "CopyPaste pastes objects by their masks: give an example with a mask of instances"
    for call in (
        lambda: PASTE.batch(KEY, images, labels),
        lambda: PASTE.batch(KEY, without),
        lambda: INSTANCES.batch(KEY, {"image": images}),
    ):
        with pytest.raises(TypeError, match=asks):
            call()
    with pytest.raises(ValueError, match=re.escape("a channel for each of 3 boxes, but got 2")):
        INSTANCES.batch(KEY, batch | {"mask": np.zeros((N, *SHAPE[:2], 2))})
    hot = batch | {"label": jax.nn.one_hot(batch["label"], 4)}
    with pytest.raises(TypeError, match="finds objects in a mask of classes by boxes and whole"):
        PASTE.batch(KEY, hot)
