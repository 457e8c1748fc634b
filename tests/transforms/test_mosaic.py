"""Mosaic: by a formula of its own in NumPy, after Ultralytics's, and what it does at the edges."""

import dataclasses

import jax
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise, quick_jit
from tests.transforms.target_batches import (
    KEY,
    MOSAIC,
    SHAPE,
    N,
    apply,
    example,
    floats,
    run,
    whole,
)

FILL = 0.25


def by_numpy(images, params, size, fill):
    """On a canvas of twice the size, each tile is drawn beside the point where all meet; its middle
    is kept. An image that stays as it is lies in the middle of it.
    """
    height, width = size
    rows, columns = images.shape[1:3]
    made = []
    for i, on in enumerate(params["on"]):
        if not on or params["partner"][i] == i:
            reach = max(rows, columns, height, width)
            canvas = np.full((*(2 * reach + side for side in size), *images.shape[3:]), fill)
            canvas = canvas.astype(images.dtype)
            top, left = reach + (height - rows) // 2, reach + (width - columns) // 2
            canvas[top : top + rows, left : left + columns] = images[i]
            made.append(canvas[reach : reach + height, reach : reach + width])
            continue
        canvas = np.full((2 * height, 2 * width, *images.shape[3:]), fill).astype(images.dtype)
        yc, xc = params["y"][i] + height // 2, params["x"][i] + width // 2
        at = i
        for place in range(4):
            top = yc - rows if place < 2 else yc
            left = xc - columns if place % 2 == 0 else xc
            for y in range(rows):
                for x in range(columns):
                    if 0 <= top + y < 2 * height and 0 <= left + x < 2 * width:
                        canvas[top + y, left + x] = images[at, y, x]
            at = params["partner"][at]
        middle = slice(height // 2, height // 2 + height), slice(width // 2, width // 2 + width)
        made.append(canvas[middle])
    return np.stack(made)


def boxes_by_numpy(batch, params, i):
    """Of a mosaic of its images' size: the boxes of each tile that counts, moved and clipped."""
    height, width, _ = SHAPE
    y, x, at, found = params["y"][i], params["x"][i], i, []
    for place in range(4):
        down, right = y if place >= 2 else y - height, x if place % 2 else x - width
        lowest = floats([x if place % 2 else 0, y if place >= 2 else 0])
        highest = floats([width if place % 2 else x, height if place >= 2 else y])
        for box, valid in zip(batch["boxes"][at], batch["boxes_valid"][at], strict=True):
            moved = box + floats([right, down, right, down])
            moved = np.clip(moved.reshape(2, 2), lowest, highest).reshape(4)
            share = np.prod(moved[2:] - moved[:2]) / np.prod(box[2:] - box[:2])
            found.append((*moved, share) if valid and share > 0 else (0, 0, 0, 0, 0))
        at = params["partner"][at]
    return floats(found)


def test_by_hand():
    # The point is in the middle of the third row, behind the first column.
    images = (
        floats([1, 2, 3, 4])[:, None, None, None]
        * floats([[0.1, 0.2], [0.3, 0.4]])[None, ..., None]
    )
    params = {
        "on": np.array([True, False, True, True]), "partner": whole([1, 2, 3, 0]),
        "y": whole([1, 0, 2, 0]), "x": whole([1, 0, 1, 0]),
    }  # fmt: skip
    image = images[:, :, :, 0]
    made, labels = quick_jit(aj.Mosaic(num_classes=4).apply)(params, images, np.arange(4))
    made = np.asarray(made)[..., 0]
    # Of each the corner that lies at the point.
    np.testing.assert_array_equal(made[0], [[image[0, 1, 1], image[1, 1, 0]],
                                            [image[2, 0, 1], image[3, 0, 0]]])  # fmt: skip
    np.testing.assert_array_equal(made[1], image[1])
    # At the lower edge: the right half of its own, and the left half of the next.
    np.testing.assert_array_equal(made[2], [[image[2, 0, 1], image[3, 0, 0]],
                                            [image[2, 1, 1], image[3, 1, 0]]])  # fmt: skip
    np.testing.assert_array_equal(made[3], image[2])  # The fourth tile is all there is.
    expected = [[0.25] * 4, [0, 1, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 1, 0]]
    np.testing.assert_array_equal(labels, expected)


@pytest.mark.parity("Mosaic", "Ultralytics's mosaic, in NumPy")
@pytest.mark.parametrize("size", [SHAPE[:2], (9, 30), (30, 7)], ids=str)
def test_pixels_and_masks_are_those_of_a_formula(same, size):
    batch = example()
    mix = aj.Mosaic(*size, p=0.8, boxes="xyxy", fill_value=FILL, mask_fill=255)
    params, made = run(mix, batch)
    assert not params["on"].all() and params["on"].any()
    same(made["image"], by_numpy(batch["image"], params, size, FILL), tolerance=0.0)
    np.testing.assert_array_equal(made["mask"], by_numpy(batch["mask"], params, size, 255))


def test_boxes_and_labels_are_those_of_a_formula():
    batch, (params, made) = example(), run(MOSAIC)
    assert params["on"].all()
    for i in range(N):
        expected = boxes_by_numpy(batch, params, i)
        off = np.flatnonzero(~batch["boxes_valid"][i])
        expected[off, :4] = batch["boxes"][i][off]
        np.testing.assert_allclose(made["boxes"][i], expected[:, :4], atol=1e-5)
        np.testing.assert_allclose(made["boxes_visible"][i], expected[:, 4], atol=1e-6)
        np.testing.assert_array_equal(made["boxes_valid"][i], expected[:, 4] > 0)
    partner = params["partner"]
    places = [np.arange(N), partner, partner[partner], partner[partner[partner]]]
    np.testing.assert_array_equal(
        made["label"], np.concatenate([batch["label"][place] for place in places], axis=1)
    )


def test_each_image_is_once_in_each_place():
    partner = run(MOSAIC)[0]["partner"]
    place = np.arange(N)
    for _ in range(4):
        assert sorted(place) == list(range(N))
        place = partner[place]


def test_a_class_in_a_mask_is_a_box_around_it():
    # Images of one object each, which fills its box: it does so in the mosaic.
    batch = example()
    batch["boxes_valid"] = np.arange(3)[None] < np.ones((N, 1))
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for i in range(N):
        left, top, right, bottom = batch["boxes"][i, 0]
        batch["mask"][i] = np.where((x >= left) & (x < right) & (y >= top) & (y < bottom), i + 1, 0)
    params, made = run(MOSAIC, batch)
    for i in range(N):
        at = i
        for place in range(4):
            rows, columns = np.nonzero(made["mask"][i] == at + 1)
            assert made["boxes_valid"][i, 3 * place] == (rows.size > 0)
            if rows.size:
                around = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
                np.testing.assert_array_equal(made["boxes"][i, 3 * place], around)
            at = params["partner"][at]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_fewer_than_four_images(count):
    batch = {"image": noise(count, 6, 6, 1), "label": np.arange(count)}
    mix = aj.Mosaic(num_classes=3)
    params, made = jax.tree.map(
        np.asarray,
        quick_jit(
            lambda batch: (mix.sample(KEY, np.arange(count, dtype=np.uint32), (6, 6, 1)),
                           mix.batch(KEY, batch))
        )(batch),
    )  # fmt: skip
    np.testing.assert_array_equal(made["image"], by_numpy(batch["image"], params, (6, 6), 0))
    np.testing.assert_allclose(made["label"].sum(axis=1), 1, rtol=1e-6)
    if count == 1:
        np.testing.assert_array_equal(made["image"], batch["image"])
        np.testing.assert_array_equal(made["label"], [[1, 0, 0]])


def test_rows_that_fill_up_are_in_no_mosaic():
    batch, mask = example(), np.arange(N) % 3 != 1
    batch["image"][~mask] = -1.0
    _, made = run(MOSAIC, batch, mask=mask)
    assert (made["image"][mask] >= 0).all() and (made["image"][~mask] == -1).all()


def test_where_the_tiles_meet():
    mix = aj.Mosaic(20, 50, center=(0.3, 0.7), p=0.6)
    ids = np.arange(4000, dtype=np.uint32)
    draw = jax.jit(lambda ids, strength: mix.sample(KEY, ids, (8, 8, 3), strength=strength))
    drawn, half = (jax.tree.map(np.asarray, draw(ids, np.float32(s))) for s in (1.0, 0.5))
    assert set(drawn["y"]) == set(range(6, 15)) and set(drawn["x"]) == set(range(15, 36))
    assert abs(drawn["on"].mean() - 0.6) < 0.03  # Four standard deviations.
    assert abs(half["on"].mean() - 0.3) < 0.03
    assert set(run(MOSAIC)[0]["y"]) <= set(range(SHAPE[0] + 1))


def test_types_and_sizes():
    pixels = np.full((2, 4, 4, 3), 255, np.uint8)
    color = aj.Mosaic(10, 10, center=(0.5, 0.5), fill_value=(0.25, 0.5, 1.0))
    made, _ = color.batch(KEY, pixels, np.zeros(2, np.float32))
    assert made.dtype == np.float32 and made.shape == (2, 10, 10, 3)
    np.testing.assert_array_equal(made[:, 0, 0], [[0.25, 0.5, 1.0]] * 2)
    np.testing.assert_array_equal(made[:, 1:9, 1:9], 1)
    low = jax.numpy.asarray(pixels, jax.numpy.bfloat16)
    assert aj.Mosaic().batch(KEY, low, np.zeros(2, np.float32))[0].dtype == low.dtype
    with pytest.raises(ValueError, match="one number for each of the image's 3 channels"):
        aj.Mosaic(fill_value=(0.0, 1.0)).batch(KEY, pixels, np.zeros(2, np.float32))
    with pytest.raises(ValueError, match=r"Mosaic\(height=0\): expected None, or a whole number"):
        aj.Mosaic(0)
    with pytest.raises(ValueError, match="0 <= lower <= upper <= 1"):
        aj.Mosaic(center=(0.2, 1.2))


def test_an_image_beyond_its_tile_stays_out_even_where_it_is_not_finite():
    batch, (params, _) = example(), run(MOSAIC)
    batch["image"][0] = np.nan
    made = apply(dataclasses.replace(MOSAIC), params, batch)
    np.testing.assert_array_equal(
        np.isnan(made["image"]), np.isnan(by_numpy(batch["image"], params, SHAPE[:2], 0))
    )
