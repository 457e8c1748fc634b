"""Masks, boxes and points move with their image; what is shown is known, and can be moved back."""

import dataclasses
import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import augjax as aj
from augjax.transforms.catalog import examples
from augjax.transforms.core.boxes import BOX_FORMATS, from_corners, to_corners
from augjax.transforms.core.motion import MatrixMotion
from augjax.transforms.core.spatial import Filled
from augjax.transforms.geometry.placed import Placed
from augjax.transforms.geometry.resize import Resized
from tests.helpers import noise, quick_jit
from tests.oracles import keras
from tests.transforms.test_geometry import CLASSES

SHAPE = (40, 48, 3)
KEY = aj.key(11)
PIPELINES = {
    "fused": [
        aj.RandomFlip(),
        aj.RandomRot90(),
        aj.RandomAffine(15, (0.1, 0.1), (0.8, 1.2)),
        aj.RandomPerspective(0.3),
    ],
    "width, height, resize": [aj.RandomWidth(0.3), aj.RandomHeight(0.3), aj.Resize(30, 36)],
    "pad and crop": [aj.Pad(6), aj.RandomCrop(40, 44)],
    "crop between": [
        aj.RandomZoom(0.3),
        aj.RandomResizedCrop(32, 32, (0.5, 1), antialias=False),
        aj.RandomShear(0.2),
    ],
    "gated": [aj.RandomApply(aj.RandomRotation(0.1), p=0.5)],
    "gated and bent": [aj.RandomApply([aj.RandomRotation(0.1), aj.RandomElastic()], p=0.5)],
}
CASES = {kind.__name__: [examples()[kind.__name__]] for kind in CLASSES} | PIPELINES
CASES["RandomCrop"] = [aj.RandomCrop(28, 32)]  # Which often has all of what is drawn below.
CASES["ScaleJitter"] = [aj.ScaleJitter(28, 36, scale=(0.7, 1.5))]
CASES["RandomZoomOut"] = [aj.RandomZoomOut()]  # Black around a bright spot.
BENT = ("RandomElastic", "gated and bent")
# They are parts of a pipeline, or are bent.
LONG = {
    "Pad", "RandomAffine", "RandomCrop", "RandomHeight", "RandomPerspective", "RandomResizedCrop",
    "RandomShear", "RandomWidth", "RandomZoom", "Resize", "RandomElastic", "gated and bent",
    "crop between", "Letterbox", "RandomBoxSafeCrop", "RandomIoUCrop", "RandomShortestSize",
    "RandomZoomOut",
}  # fmt: skip
every_case = pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.long if case in LONG else ()) for case in CASES]
)


RECTANGLE = (17, 13, 29, 24)
SPOT = (22.3, 17.6)
AROUND_SPOT = (18.3, 13.6, 27.3, 22.6)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
INNER = np.stack([X, Y], axis=-1)[6:-6:9, 6:-6:9].reshape(-1, 2)
EDGES = [
    (0, 0, 48, 40), (0, 0, 0, 0), (48, 40, 48, 40), (48, 0, 48, 40), (0, 40, 48, 40),
    (0, 0, 48, 1e-6), (47.9, 39.9, 48, 40), (20, 20, 20, 20), (3, 7, 3, 40), (0, 0, 1e-30, 40),
]  # fmt: skip


def any_boxes():
    """Those with edges on the frame's or without an area, and 60 others."""
    drawn = np.random.default_rng(0).uniform(0, (48, 40), (2, 60, 2))
    return np.array(
        [*EDGES, *np.concatenate([drawn.min(axis=0), drawn.max(axis=0)], axis=1)], np.float32
    )


def picture():
    """A bright spot and two ramps, with a rectangle in the mask, their boxes and any others."""
    distance = (X - SPOT[0]) ** 2 + (Y - SPOT[1]) ** 2
    mask = np.zeros(SHAPE[:2], np.uint8)
    left, top, right, bottom = RECTANGLE
    mask[top:bottom, left:right] = 1
    return {
        "image": np.stack([np.exp(-distance / (2 * 1.2**2)), X / 48, Y / 40], axis=-1),
        "mask": mask,
        "boxes": np.concatenate([np.array([RECTANGLE, AROUND_SPOT], np.float32), any_boxes()]),
        "keypoints": np.concatenate([np.array([SPOT], np.float32), INNER]),
    }


def moved(transform, example, n):
    """What n draws are and make of an example, and which of its pixels are shown."""

    @quick_jit
    def move(ids, example):
        def one(i):
            params = transform.sample(aj.image_key(KEY, 0, i), SHAPE)
            return params, transform.apply(params, example), transform.valid(params, SHAPE)

        return jax.vmap(one)(ids)

    return jax.tree.map(np.asarray, move(np.arange(n, dtype=np.uint32), example))


class Moved(NamedTuple):
    """What 32 draws make of the picture, all by one program."""

    params: Any
    became: Any
    shown: Any
    returned: Any
    """What became of it, moved back."""
    interior: Any
    """Which pixels are returned from nothing but what is shown."""
    hard: Any
    """Ones, filled with zeros up to a hard edge."""
    hard_shown: Any


@functools.cache
def mover(case):
    """The program that makes a Moved of ids, an example and ones."""
    transform = aj.Sequential(CASES[case], boxes="xyxy")
    hard = aj.Sequential([hard_edged(t) for t in CASES[case]])

    @quick_jit
    def move(ids, example, ones):
        def one(i):
            params = transform.sample(aj.image_key(KEY, 0, i), SHAPE)
            became, shown = transform.apply(params, example), transform.valid(params, SHAPE)
            # Half a pixel at the rim, enlarged, is mixed with what was filled in.
            known = eroded(eroded(shown)).astype(jnp.float32)[..., None]
            both = jnp.concatenate([became["image"], known], axis=-1)
            points = became["keypoints"]
            returned = transform.invert(params, {"image": both, "keypoints": points}, SHAPE)
            interior = returned["image"][..., 3] > 0.999
            edged, edged_shown = hard.apply(params, ones), hard.valid(params, SHAPE)
            return Moved(params, became, shown, returned, interior, edged, edged_shown)

        return jax.vmap(one)(ids)

    return move


def moved_by(case, example, first=0):
    ids = first + np.arange(32, dtype=np.uint32)
    return jax.tree.map(np.asarray, mover(case)(ids, example, np.ones(SHAPE, np.float32)))


@functools.cache
def moved_picture(case):
    return moved_by(case, picture())


def eroded(shown):
    """Without the pixels next to what is not shown, or to the border."""
    around = jnp.pad(shown, 1)
    across = around[1:-1, :-2] & around[1:-1, 2:]
    return shown & across & around[:-2, 1:-1] & around[2:, 1:-1]


def move_one(transforms, params, **example):
    """The example of 4x6 pixels, moved by given draws; what is no array is left out of the jit."""
    transform = aj.Sequential(transforms, boxes="xyxy")
    others = {name: value for name, value in example.items() if not hasattr(value, "shape")}
    kept = {}

    @quick_jit
    def move(params, arrays):
        became = transform.apply(params, arrays | others, shape=(4, 6, 1))
        kept.update({name: became.pop(name) for name in others})
        return became

    arrays = {name: value for name, value in example.items() if name not in others}
    return jax.tree.map(np.asarray, move(params, arrays)) | kept


def test_a_flip_worked_by_hand():
    flip = {"RandomFlip": {"horizontal": np.bool_(True), "vertical": np.bool_(False)}}
    mask = np.arange(24, dtype=np.int32).reshape(4, 6)
    became = move_one(
        [aj.RandomFlip()],
        flip,
        image=noise(4, 6, 1),
        mask=mask,
        boxes=np.array([[1, 0, 3, 2]], np.float32),
        keypoints=np.array([[1, 2], [0, 0]], np.float32),
        label="left as it is",
    )
    np.testing.assert_array_equal(became["mask"], mask[:, ::-1])
    assert became["mask"].dtype == np.int32
    assert became["boxes"].tolist() == [[3, 0, 5, 2]]
    assert became["keypoints"].tolist() == [[4, 2], [5, 0]]
    assert became["boxes_visible"].tolist() == [1] and became["keypoints_visible"].all()
    assert became["label"] == "left as it is"


def test_a_crop_worked_by_hand():
    became = move_one(
        [aj.RandomCrop(2, 3)],
        {"RandomCrop": {"top": np.int32(1), "left": np.int32(2)}},
        mask=np.arange(24, dtype=np.uint8).reshape(4, 6),
        boxes=np.array([[1, 0, 4, 2], [2, 1, 5, 3], [0, 0, 2, 1]], np.float32),
        keypoints=np.array([[2, 1], [1, 1], [4.4, 2.4], [4.6, 2]], np.float32),
    )
    assert became["mask"].tolist() == [[8, 9, 10], [14, 15, 16]]
    assert became["boxes"].tolist() == [[0, 0, 2, 1], [0, 0, 3, 2], [0, 0, 0, 0]]
    np.testing.assert_allclose(became["boxes_visible"], [1 / 3, 1, 0], atol=1e-6)
    np.testing.assert_allclose(
        became["keypoints"], [[0, 0], [-1, 0], [2.4, 1.4], [2.6, 1]], atol=1e-6
    )
    assert became["keypoints_visible"].tolist() == [True, False, True, False]


@pytest.mark.parametrize("transform", [aj.RandomRot90(), aj.RandomRotation(1.0)])
def test_a_quarter_turn_worked_by_hand(transform):
    label = transform.label
    params = {"k": np.int32(1)} if label == "RandomRot90" else {"angle": np.float32(math.pi / 2)}
    mask = np.arange(16).reshape(4, 4).astype(np.int16)
    transform = aj.Sequential([transform], boxes="xywh")
    example = {
        "mask": mask,
        "boxes": np.array([[2, 0, 2, 1]], np.float32),
        "keypoints": np.array([[3, 0], [0, 0], [1, 1]], np.float32),
    }
    became = quick_jit(transform.apply)({label: params}, example)
    # The upper right corner goes to the upper left, and a lying box stands.
    np.testing.assert_array_equal(became["mask"], np.rot90(mask))
    np.testing.assert_allclose(became["boxes"], [[0, 0, 1, 2]], atol=1e-5)
    np.testing.assert_allclose(became["keypoints"], [[0, 0], [0, 3], [1, 2]], atol=1e-5)


def test_a_resized_crop_worked_by_hand():
    part = {"top": 1, "left": 2, "height": 2, "width": 4}
    became = move_one(
        [aj.RandomResizedCrop(4, 4)],
        {"RandomResizedCrop": {name: np.int32(value) for name, value in part.items()}},
        boxes=np.array([[3, 1, 4, 2], [0, 0, 6, 4]], np.float32),
        keypoints=np.array([[2, 1], [3.5, 1.5]], np.float32),
    )
    assert became["boxes"].tolist() == [[1, 0, 2, 2], [0, 0, 4, 4]]
    np.testing.assert_allclose(became["boxes_visible"], [1, 8 / 24], atol=1e-6)
    # The centre of the first pixel lies half a pixel in, and is now one pixel down: at y = 0.5.
    np.testing.assert_allclose(became["keypoints"], [[0, 0.5], [1.5, 1.5]], atol=1e-6)


@every_case
def test_the_mask_of_a_rectangle_and_its_box_agree(case):
    moved = moved_picture(case)
    became, shown = moved.became, moved.shown
    # A nearest pixel is half a pixel off, a bent box is that of eight points of its outline, and
    # the box of a box that was turned and is bent then is larger still.
    tolerance = {"RandomElastic": 2.5, "gated and bent": 4}.get(case, 1.3)
    compared = 0
    for mask, valid, box, visible in zip(
        became["mask"], shown, became["boxes"][:, 0], became["boxes_visible"][:, 0], strict=True
    ):
        rows, columns = np.nonzero(mask & valid)
        assert set(np.unique(mask)) <= {0, 1}
        if len(rows) == 0:
            assert min(box[2] - box[0], box[3] - box[1]) < tolerance
            continue
        around = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        assert (around[:2] >= box[:2] - tolerance).all()
        assert (around[2:] <= box[2:] + tolerance).all()
        if visible > 0.999:
            compared += 1
            np.testing.assert_allclose(around, box, atol=tolerance)
    assert compared >= 4


@every_case
def test_points_follow_a_bright_spot(case):
    moved = moved_picture(case)
    became, shown = moved.became, moved.shown
    followed = 0
    for bright, valid, point, inside, seen in zip(
        became["image"][..., 0],
        shown,
        became["keypoints"][:, 0],
        became["keypoints_visible"][:, 0],
        became["boxes_visible"][:, 1],
        strict=True,
    ):
        if seen < 0.999:
            continue
        followed += 1
        assert inside
        weight = bright * valid
        rows, columns = np.mgrid[: bright.shape[0], : bright.shape[1]]
        centre = [(weight * axis).sum() / weight.sum() for axis in (columns, rows)]
        # Where space is bent, the centre of a spot is not that of its image.
        np.testing.assert_allclose(centre, point, atol=0.6 if case in BENT else 0.2)
    assert followed >= 5


@every_case
def test_boxes_and_their_shares_stay_in_the_frame(case):
    assert_boxes_in_frame(moved_picture(case))


BOXES = arrays(np.float32, (len(EDGES) + 62, 2, 2), elements=st.floats(0, 1, width=32))


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_any_boxes_and_their_shares_stay_in_the_frame(case):
    @settings(max_examples=25, deadline=None)
    @given(first=st.integers(0, 10**6), ends=BOXES)
    def check(first, ends):
        ends = ends * np.array((48, 40), np.float32)
        boxes = np.concatenate([ends.min(axis=1), ends.max(axis=1)], axis=1)
        assert_boxes_in_frame(moved_by(case, picture() | {"boxes": boxes}, first))

    check()


def assert_boxes_in_frame(moved):
    height, width = moved.hard.shape[1:3]
    if "Resize" not in moved.params:
        frames = ("RandomWidth", "width"), ("RandomHeight", "height")
        width, height = (
            moved.params[label][name][:, None] if label in moved.params else size
            for (label, name), size in zip(frames, (width, height), strict=True)
        )
    left, top, right, bottom = np.moveaxis(moved.became["boxes"], -1, 0)
    assert (left >= 0).all() and (left <= right).all() and (right <= width).all()
    assert (top >= 0).all() and (top <= bottom).all() and (bottom <= height).all()
    share = moved.became["boxes_visible"]
    assert (share >= 0).all() and (share <= 1 + 1e-4).all()


@pytest.mark.parametrize("format", BOX_FORMATS)
def test_box_formats_are_those_of_keras(format):
    def convert(boxes, shape):
        return np.asarray(
            keras.utils.bounding_boxes.convert_format(
                boxes, source="xyxy", target=format, height=shape[0], width=shape[1]
            )
        )

    boxes = np.array([[3, 4, 17, 30], [0, 0, 48, 40], [5.5, 6.25, 5.5, 9]], np.float32)
    theirs = convert(boxes, SHAPE)
    np.testing.assert_allclose(from_corners(jnp.asarray(boxes), format, SHAPE), theirs, atol=1e-6)
    np.testing.assert_allclose(to_corners(jnp.asarray(theirs), format, SHAPE), boxes, atol=1e-5)
    # Relative ones are relative to the size before and after.
    resize = [aj.Resize(20, 96)]
    became = aj.Sequential(resize, boxes=format).apply(
        {"Resize": {}}, {"boxes": theirs}, shape=SHAPE
    )
    expected = convert(boxes * np.array([2, 0.5, 2, 0.5], np.float32), (20, 96))
    np.testing.assert_allclose(became["boxes"], expected, atol=1e-5)


@every_case
def test_moving_there_and_back_returns_the_interior(case):
    """Ramps, which bilinear sampling keeps exactly, and points, from what is shown of them."""
    moved = moved_picture(case)
    became, returned = moved.became, moved.returned
    # A ramp that was bent, or antialiased next to the border, comes back with a small error.
    loose = case in (*BENT, "RandomPerspective", "fused", "width, height, resize")
    loose |= len(CASES[case]) == 1 and isinstance(CASES[case][0], Resized | Placed)
    for i, interior in enumerate(moved.interior):
        assert interior.mean() > (0.01 if "Crop" in case or "crop" in case else 0.1)
        np.testing.assert_allclose(
            returned["image"][i, ..., 1:3][interior],
            picture()["image"][..., 1:][interior],
            atol=5e-3 if loose else 1e-4,
        )
        visible = became["keypoints_visible"][i]
        np.testing.assert_allclose(
            returned["keypoints"][i][visible],
            picture()["keypoints"][visible],
            atol=0.05 if case in BENT else 2e-3,
        )


def hard_edged(transform) -> Any:
    """The same, filled with zeros up to a hard edge."""
    if isinstance(transform, aj.RandomApply):
        return aj.RandomApply([hard_edged(child) for child in transform.children], transform.p)
    if isinstance(transform, Filled):
        black = {"fill_mode": "constant", "fill_value": 0.0}
        return dataclasses.replace(transform, interpolation="nearest", **black)
    if isinstance(transform, Placed):
        return dataclasses.replace(transform, interpolation="nearest", fill_value=0.0)
    if isinstance(transform, Resized):
        return dataclasses.replace(transform, interpolation="nearest")
    return transform


@every_case
def test_valid_is_what_a_constant_fill_leaves_untouched(case):
    moved = moved_picture(case)
    shown = moved.hard_shown
    np.testing.assert_allclose(moved.hard[..., 0], shown, atol=1e-6)
    assert shown.shape[1:] == aj.Sequential(CASES[case]).out_shape(SHAPE)[:2]
    whole = case in ("RandomFlip", "RandomRot90", "Resize", "width, height, resize")
    assert shown.all() == (whole or case.endswith("Crop"))


@pytest.mark.parametrize("transform", [aj.RandomWidth(0.4), aj.RandomHeight(0.4), aj.Pad(3)])
def test_masks_hold_the_fill_where_there_is_no_image(transform):
    transform = aj.Sequential([transform], mask_fill=255)
    _, became, shown = moved(transform, {"mask": np.ones(SHAPE[:2], np.uint8)}, 12)
    np.testing.assert_array_equal(became["mask"], np.where(shown, 1, 255))
    assert not shown.all()


def test_masks_of_several_channels_and_of_bools_are_moved():
    mask = noise(40, 48, 2) < 0.5
    transform = aj.Sequential([aj.RandomRotation(0.1), aj.RandomZoom(0.2)])
    params, became, _ = moved(transform, {"mask": mask}, 1)
    became = became["mask"][0]
    assert became.dtype == bool and became.shape == (40, 48, 2)
    apply = quick_jit(lambda params, mask: transform.apply(params, {"mask": mask})["mask"])
    params = jax.tree.map(lambda draw: draw[0], params)
    bands = [apply(params, mask[..., i]) for i in (0, 1)]
    np.testing.assert_array_equal(became, np.stack(bands, axis=-1))


def test_another_transform_goes_on_from_what_is_still_visible():
    half_off = aj.Sequential([aj.RandomTranslation(1.0, 1.0, fill_mode="constant")], boxes="xyxy")
    right, back = ({"dx": jnp.float32(dx), "dy": jnp.float32(0)} for dx in (5, -5))
    example = {
        "image": noise(10, 10, 1),
        "boxes": np.array([[0, 0, 10, 10]], np.float32),
        "keypoints": np.array([[8, 3], [2, 3]], np.float32),
    }

    @quick_jit
    def there_and_back(example):
        once = half_off.apply({"RandomTranslation": right}, example)
        twice = half_off.apply({"RandomTranslation": back}, once)
        return once, twice, half_off.invert({"RandomTranslation": right}, once, (10, 10, 1))

    once, twice, inverted = jax.tree.map(np.asarray, there_and_back(example))
    for moved in (once, twice, inverted):
        np.testing.assert_allclose(moved["boxes_visible"], [0.5])
        assert moved["keypoints_visible"].tolist() == [False, True]
    np.testing.assert_allclose(twice["boxes"], [[0, 0, 5, 10]])


@pytest.mark.parametrize("none", [[], (), np.zeros(0), np.zeros((0, 4), np.float32), jnp.zeros(0)])
def test_no_boxes_are_boxes(none):
    transform = aj.Sequential([aj.RandomFlip()], boxes="rel_xywh")
    points = none[:, :2] if np.ndim(none) == 2 else none
    example = {"image": noise(4, 6, 1), "boxes": none, "keypoints": points}
    became = transform(aj.key(0), example)
    shapes = {name: part.shape for name, part in became.items() if name != "image"}
    assert shapes.pop("boxes") == (0, 4) and shapes.pop("keypoints") == (0, 2)
    assert set(shapes.values()) == {(0,)}
    if hasattr(none, "shape"):
        several = {name: np.stack([part] * 2) for name, part in example.items()}
        became = transform.batch(aj.key(0), several)
        assert became["boxes"].shape == (2, 0, 4) and became["keypoints"].shape == (2, 0, 2)


def test_what_lies_behind_the_horizon_is_far_outside():
    to_input = jnp.array([[1, 0, 0], [0, 1, 0], [1 / 16, 0, 1]], jnp.float32)
    tilt = MatrixMotion((32, 32), (32, 32), to_input, projective=True)
    points = jnp.array([[8, 4], [16, 4], [24, 4]], jnp.float32)  # Before, at and behind it.
    before, at, behind = np.asarray(tilt.forward(points))
    np.testing.assert_allclose(before, (16, 8))
    assert min(*at, *behind) > 10**6
