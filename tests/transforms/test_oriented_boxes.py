"""Boxes at any angle, rows that only pad, and keypoints that a mirror exchanges."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augjax as aj
from augjax.transforms.core.oriented import area_within, from_quads, to_quads
from tests.helpers import noise, quick_jit

SHAPE = (40, 48, 3)
KEY = aj.key(3)
IMAGE = noise(*SHAPE)
THIRTY = math.radians(30)
BOX = [20, 16, 16, 8, THIRTY]


def moved(transform, params, boxes, format, **more):
    pipeline = aj.Sequential([transform], boxes=format, **more)
    label = transform.label
    return pipeline.apply({label: params}, {"image": IMAGE, "boxes": boxes})


def quads_of(boxes):
    return to_quads(jnp.asarray(boxes, jnp.float32), "center_xywhr")


def same_rectangle(one, other, atol=1e-3):
    np.testing.assert_allclose(one[..., :4], other[..., :4], atol=atol)
    turn = (np.asarray(one[..., 4]) - np.asarray(other[..., 4])) / np.pi
    np.testing.assert_allclose(turn, np.round(turn), atol=atol)


def test_corners_of_a_box_by_hand():
    quads = quads_of([[10.0, 20.0, 4.0, 2.0, math.pi / 2]])
    # A quarter turn counter-clockwise: what was on the right is at the top.
    np.testing.assert_allclose(quads[0], [[9, 22], [9, 18], [11, 18], [11, 22]], atol=1e-5)


@given(st.floats(1, 30), st.floats(1, 30), st.floats(-3.1, 3.1), st.floats(0, 50), st.floats(0, 50))
@settings(max_examples=50, deadline=None)
def test_there_and_back(width, height, angle, x, y):
    box = jnp.array([[x, y, width, height, angle]], jnp.float32)
    back = from_quads(quads_of(box), "center_xywhr")
    # A square is the same at each quarter turn.
    np.testing.assert_allclose(back[:, :2], box[:, :2], atol=1e-3)
    if abs(width - height) > 0.1:
        same_rectangle(np.asarray(back), np.asarray(box), atol=5e-3)
    np.testing.assert_allclose(quads_of(back).mean(axis=1), box[:, :2], atol=1e-3)


@pytest.mark.parametrize(
    ("transform", "params", "expected"),
    [
        # Mirrored, the right side stays the right side, so the box turns by pi less its angle.
        (aj.RandomFlip("horizontal"), {"horizontal": True}, [28, 16, 16, 8, math.radians(150)]),
        (aj.RandomFlip("vertical"), {"vertical": True}, [20, 24, 16, 8, math.radians(-30)]),
        (aj.RandomRotation(0.5), {"angle": math.radians(-20)}, None),
        (
            aj.RandomZoom(0.5),
            {"height_zoom": 0.5, "width_zoom": 0.5},
            [16, 12, 32, 16, THIRTY],
        ),
        (aj.Pad(6), {}, [26, 22, 16, 8, THIRTY]),
    ],
)
def test_similarities_move_them_exactly(transform, params, expected):
    boxes = np.array([BOX], np.float32)
    got = moved(transform, params, boxes, "center_xywhr")["boxes"]
    if expected is None:  # Keras's positive angle is counter-clockwise.
        turn = math.radians(-20)
        x, y = 20 - 24, 16 - 20
        x, y = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
        expected = [24 + x, 20 + y, 16, 8, THIRTY + turn]
    np.testing.assert_allclose(got, [expected], atol=1e-3)
    corners = np.asarray(quads_of(boxes)).reshape(1, 8)
    by_corners = moved(transform, params, corners, "xyxyxyxy")["boxes"]
    same_rectangle(
        np.asarray(from_quads(by_corners.reshape(1, 4, 2), "center_xywhr")), np.array([expected])
    )


def test_the_rectangle_of_a_sheared_box_is_the_nearest():
    """No rectangle about the same centre has corners nearer to those of the parallelogram."""
    params = {"x_shear": 0.3, "y_shear": -0.1}
    corners = np.asarray(quads_of([BOX])).reshape(1, 8)
    sheared = moved(aj.RandomShear(0.5, 0.5), params, corners, "xyxyxyxy")["boxes"]
    box = np.asarray(
        moved(aj.RandomShear(0.5, 0.5), params, np.array([BOX]), "center_xywhr")["boxes"]
    )

    def distance(box):
        return float(((quads_of(box).reshape(1, 8) - sheared) ** 2).sum())

    best = distance(box)
    for column, step in [(2, 0.1), (3, 0.1), (4, 0.01)]:
        for sign in (-1, 1):
            other = box.copy()
            other[0, column] += sign * step
            assert distance(other) > best


def clipped_area(quad, width, height):
    """By cutting the polygon at each side of the frame, one after the other."""
    polygon = [tuple(p) for p in quad]
    for axis, limit, keeps in [(0, 0, 1), (0, width, -1), (1, 0, 1), (1, height, -1)]:
        cut = []
        for one, other in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            a, b = (keeps * (p[axis] - limit) for p in (one, other))
            if a >= 0:
                cut.append(one)
            if a * b < 0:
                share = a / (a - b)
                cut.append(tuple(o + share * (t - o) for o, t in zip(one, other, strict=True)))
        polygon = cut
        if not polygon:
            return 0.0
    x, y = np.array(polygon).T
    return abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2


def test_the_area_in_the_frame_is_that_of_the_clipped_polygon():
    rng = np.random.default_rng(0)
    boxes = np.column_stack(
        [rng.uniform(-10, 58, (300, 2)), rng.uniform(0.1, 60, (300, 2)), rng.uniform(-4, 4, 300)]
    ).astype(np.float32)
    boxes[::10, 4] = 0  # Along the axes.
    boxes[5::10, :2] = [24, 20]
    quads = quads_of(boxes)
    ours = area_within(quads, (40, 48))
    expected = [clipped_area(quad, 48, 40) for quad in np.asarray(quads, np.float64)]
    np.testing.assert_allclose(ours, expected, atol=0.02)
    np.testing.assert_allclose(area_within(quads, None), boxes[:, 2] * boxes[:, 3], rtol=1e-3)


def test_what_is_visible_is_the_least_share():
    boxes = np.array([[0, 20, 20, 10, 0], [24, 20, 10, 10, 0.5], [-30, 0, 4, 4, 1]], np.float32)
    crop = aj.Sequential([aj.Pad(0), aj.CenterCrop(20, 24)], boxes="center_xywhr")
    out = crop.apply(crop.sample(KEY, SHAPE), {"image": IMAGE, "boxes": boxes})
    np.testing.assert_allclose(out["boxes_visible"], [0, 1, 0], atol=1e-4)
    np.testing.assert_allclose(out["boxes"][0], [-12, 10, 20, 10, 0], atol=1e-3)


@pytest.mark.parametrize("format", ["xyxy", "center_xywhr"])
def test_rows_that_only_pad_stay_what_they_are(format):
    boxes = np.zeros((3, 5 if format == "center_xywhr" else 4), np.float32)
    boxes[0, :4] = [10, 10, 30, 30]
    boxes[2] = -7
    example = {"image": IMAGE, "boxes": boxes, "boxes_valid": np.array([True, False, False])}
    pipeline = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.2)], boxes=format)
    out = quick_jit(pipeline)(KEY, example)
    np.testing.assert_array_equal(out["boxes"][1:], boxes[1:])
    assert out["boxes_valid"].tolist() == [True, False, False]
    assert (np.asarray(out["boxes_visible"][1:]) == 0).all()


def test_boxes_that_are_mostly_out_of_the_frame_are_turned_off():
    boxes = np.array([[0, 0, 20, 20], [12, 10, 32, 30], [30, 30, 31, 31], [5, 5, 5, 9]], np.float32)
    crop = [aj.CenterCrop(20, 24)]  # From (12, 10) to (36, 30).
    for limits, on in [
        ({}, None),
        ({"min_visibility": 0.1}, [True, True, False, False]),
        ({"min_visibility": 0.5}, [False, True, False, False]),
        ({"min_area": 81.0}, [False, True, False, False]),
        ({"min_area": 80.0}, [True, True, False, False]),
    ]:
        pipeline = aj.Sequential(crop, boxes="xyxy", **limits)
        out = pipeline.apply({"CenterCrop": {}}, {"image": IMAGE, "boxes": boxes})
        assert (out["boxes_valid"].tolist() if on else out.get("boxes_valid")) == on
        assert out["boxes"].shape == boxes.shape
    again = aj.Sequential([aj.RandomFlip()], boxes="xyxy")(KEY, out)
    assert again["boxes_valid"].tolist() == [True, True, False, False]


POINTS = np.array([[5, 6], [30, 6], [17, 30]], np.float32)


@pytest.mark.parametrize(
    ("transforms", "params", "swapped"),
    [
        ([aj.RandomFlip()], {"RandomFlip": {"horizontal": True, "vertical": False}}, True),
        ([aj.RandomFlip()], {"RandomFlip": {"horizontal": True, "vertical": True}}, False),
        ([aj.RandomRot90()], {"RandomRot90": {"k": 1}}, False),
        ([aj.RandomPerspective(1.0)], None, False),
        ([aj.RandomElastic()], None, False),
    ],
)
def test_a_mirror_exchanges_left_and_right(transforms, params, swapped):
    params = params or aj.Sequential(transforms).sample(KEY, SHAPE)
    plain = aj.Sequential(transforms)
    paired = aj.Sequential(transforms, flip_pairs=[(0, 1)])
    example = {"image": IMAGE, "keypoints": POINTS}
    where = np.asarray(plain.apply(params, example)["keypoints"])
    out = paired.apply(params, example)
    np.testing.assert_array_equal(out["keypoints"], where[[1, 0, 2]] if swapped else where)
    if not isinstance(transforms[0], aj.RandomElastic):
        back = paired.invert(params, out, SHAPE)
        np.testing.assert_allclose(back["keypoints"], POINTS, atol=1e-2)


def test_a_policy_and_a_gate_exchange_them_too():
    pipeline = aj.Sequential(
        [aj.RandomApply(aj.RandomFlip("horizontal"), p=0.5)], flip_pairs=[(0, 1)]
    )
    batch = {"image": np.stack([IMAGE] * 16), "keypoints": np.stack([POINTS] * 16)}
    out = np.asarray(pipeline.batch(KEY, batch)["keypoints"])
    assert (out[:, 0, 0] < out[:, 1, 0]).all()  # Left stays left.
    assert len(np.unique(out[:, 0, 0])) == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"flip_pairs": [(0, 0)]}, "each place once"),
        ({"flip_pairs": [(0, 1), (1, 2)]}, "each place once"),
        ({"flip_pairs": [(-1, 2)]}, "pairs of places from 0"),
        ({"flip_pairs": [(0, 1, 2)]}, "each place once"),
        ({"boxes": "cxcywhr"}, "here that is 'center_xywhr'"),
        ({"min_visibility": 2.0}, r"a number in \[0, 1\]"),
    ],
)
def test_wrong_arguments_are_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        aj.Sequential([aj.RandomFlip()], **wrong)


def test_wrong_examples_are_told():
    paired = aj.Sequential([aj.RandomFlip()], flip_pairs=[(0, 5)])
    with pytest.raises(ValueError, match="flip_pairs name keypoint 5, counted from 0, but there"):
        paired(KEY, {"image": IMAGE, "keypoints": POINTS})
    with pytest.raises(ValueError, match="the example has no boxes"):
        paired(KEY, {"image": IMAGE, "boxes_valid": np.ones(2, bool)})
    turned = aj.Sequential([aj.RandomFlip()], boxes="center_xywhr")
    with pytest.raises(ValueError, match=r"boxes of shape \(n, 5\), but got \(1, 4\)"):
        turned(KEY, {"image": IMAGE, "boxes": np.zeros((1, 4), np.float32)})


def test_an_ignored_class_never_becomes_another():
    mask = np.full(SHAPE[:2], 255, np.uint8)
    mask[10:30, 10:30] = 3
    mask = np.stack([mask, np.where(mask == 3, 1, 255).astype(np.uint8)], axis=-1)  # Instances.
    pipeline = aj.Sequential(
        [aj.RandomRotation(0.5, fill_mode="constant"), aj.RandomResizedCrop(32, 32)], mask_fill=255
    )
    batch = {"image": np.stack([IMAGE] * 4), "mask": np.stack([mask] * 4)}
    out = np.asarray(pipeline.batch(KEY, batch)["mask"])
    assert set(np.unique(out[..., 0])) == {3, 255} and set(np.unique(out[..., 1])) == {1, 255}


def test_targets_are_json_and_static():
    pipeline = aj.Sequential([aj.RandomFlip()], flip_pairs=[(0, 1)], min_area=4.0, boxes="xyxyxyxy")
    assert aj.from_dict(aj.to_dict(pipeline)) == pipeline
    assert eval(repr(pipeline), {**vars(aj)}) == pipeline
    with pytest.raises(ValueError, match="boxes belongs on the outermost"):
        aj.Sequential([pipeline])
