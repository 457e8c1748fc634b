"""Crops that look at boxes: what they hold, by formulas written anew, and what is drawn."""

import jax
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.core.groups import groups
from augjax.transforms.geometry.iou_crop import best_overlap
from tests.helpers import noise, quick_jit
from tests.oracles import tf

SHAPE = (60, 80, 3)
IMAGE = noise(*SHAPE)
KEY = aj.key(5)
BOXES = np.array([[10, 12, 30, 40], [50, 5, 75, 20], [0, 0, 0, 0]], np.float32)
EXAMPLE = {"image": IMAGE, "boxes": BOXES, "boxes_valid": np.array([True, True, False])}
N = 400


def drawn(transform, example=EXAMPLE, n=N):
    """Draws of n images that are all the same, and what became of their boxes."""
    pipeline = aj.Sequential([transform], boxes="xyxy")
    targets = {name: part for name, part in example.items() if name != "image"}

    @quick_jit
    @jax.vmap
    def each(i):
        params = pipeline.sample(aj.image_key(KEY, 0, i), SHAPE, targets=targets)
        return params[transform.label], pipeline.apply(params, targets, shape=SHAPE)

    return jax.tree.map(np.asarray, each(np.arange(n, dtype=np.uint32)))


def overlaps(part, boxes):
    """Intersection over union with each box whose centre is in the part; -1 for others."""
    left, top, right, bottom = part
    found = []
    for x0, y0, x1, y1 in boxes:
        across = max(0.0, min(right, x1) - max(left, x0))
        down = max(0.0, min(bottom, y1) - max(top, y0))
        union = (right - left) * (bottom - top) + (x1 - x0) * (y1 - y0) - across * down
        inside = left < (x0 + x1) / 2 < right and top < (y0 + y1) / 2 < bottom
        found.append(across * down / union if inside else -1.0)
    return found


def parts_of(params):
    return np.stack(
        [
            params["left"],
            params["top"],
            params["left"] + params["width"],
            params["top"] + params["height"],
        ],
        axis=1,
    )


def test_overlaps_are_those_of_the_formula():
    rng = np.random.default_rng(0)
    parts = np.sort(rng.uniform(0, 60, (50, 2, 2)), axis=1).reshape(50, 4).astype(np.float32)
    ours = best_overlap(*map(jax.numpy.asarray, (parts, BOXES, np.array([True, True, False]))))
    expected = [max(overlaps(part, BOXES[:2])) for part in parts]
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert (np.asarray(ours) > 0).any() and (np.asarray(ours) == -1).any()


@pytest.mark.parametrize("least", [0.0, 0.3, 0.5])
def test_an_iou_crop_overlaps_a_box_as_much_as_asked_for(least):
    crop = aj.RandomIoUCrop(32, 32, overlaps=[least])
    params, out = drawn(crop)
    parts = parts_of(params)
    whole = (parts == [0, 0, 80, 60]).all(axis=1)
    assert not whole.all()
    kept = 0
    for part, boxes, seen, valid in zip(
        parts[~whole],
        out["boxes"][~whole],
        out["boxes_visible"][~whole],
        out["boxes_valid"][~whole],
        strict=True,
    ):
        height, width = part[3] - part[1], part[2] - part[0]
        assert 18 <= height <= 60 and 24 <= width <= 80 and 0.5 <= width / height <= 2
        found = overlaps(part, BOXES[:2])
        assert max(found) >= least
        # A box is gone unless its centre is in the part.
        assert valid.tolist() == [*(overlap >= 0 for overlap in found), False]
        np.testing.assert_array_equal(seen > 0, valid)
        np.testing.assert_array_equal(boxes[2], 0)
        kept += valid.sum()
    assert kept


def test_overlaps_that_cannot_be_take_the_whole_image():
    for crop, example in (
        (aj.RandomIoUCrop(32, 32, overlaps=[1.0]), EXAMPLE),
        (aj.RandomIoUCrop(32, 32, overlaps=[0.99]), EXAMPLE),
        (aj.RandomIoUCrop(32, 32), {**EXAMPLE, "boxes_valid": np.zeros(3, bool)}),
        (aj.RandomIoUCrop(32, 32), {"boxes": np.zeros((0, 4), np.float32)}),
    ):
        params, _ = drawn(crop, example, n=20)
        np.testing.assert_array_equal(parts_of(params), [[0, 0, 80, 60]] * 20)


def test_every_overlap_is_drawn():
    params, _ = drawn(aj.RandomIoUCrop(32, 32, overlaps=[0.0, 1.0]))
    whole = (parts_of(params) == [0, 0, 80, 60]).all(axis=1).mean()
    assert 0.42 < whole < 0.58


def test_a_box_safe_crop_holds_all_boxes():
    params, out = drawn(aj.RandomBoxSafeCrop(40, 40))
    left, top, right, bottom = parts_of(params).T
    assert (left <= 10).all() and (top <= 5).all() and (right >= 75).all() and (bottom >= 40).all()
    assert (out["boxes_visible"][:, :2] > 0.999).all()
    # Each side is anywhere between the image's and that of the boxes.
    for side, lower, upper in ((left, 0, 10), (top, 0, 5), (right, 75, 80), (bottom, 40, 60)):
        assert abs(side.mean() - (lower + upper) / 2) < 0.15 * (upper - lower) + 0.5
        assert side.min() == lower or side.max() == upper


def test_erosion_lets_a_crop_cut_into_boxes():
    params, out = drawn(aj.RandomBoxSafeCrop(40, 40, erosion=0.5))
    left, top, right, bottom = parts_of(params).T
    assert left.max() > 12 and top.max() > 6 and right.min() < 73 and bottom.min() < 38
    # A quarter of the rectangle around all at each side.
    assert left.max() <= 10 + 65 / 4 and right.min() >= 75 - 65 / 4
    assert (out["boxes_visible"][:, :2] < 0.999).any()


def test_without_boxes_a_box_safe_crop_is_any_part_of_the_image_s_proportions():
    params, _ = drawn(aj.RandomBoxSafeCrop(40, 40, erosion=0.5), {"boxes": BOXES[:0]})
    ratio = params["width"] / params["height"]
    assert (np.abs(ratio - 80 / 60) < 0.05).all()
    assert params["height"].min() < 33 and params["height"].max() > 57
    assert (params["top"] + params["height"] <= 60).all() and params["top"].max() > 10


@pytest.mark.parity("RandomIoUCrop", "tf.image.resize of the part")
@pytest.mark.parity("RandomBoxSafeCrop", "tf.image.resize of the part")
@pytest.mark.parametrize("kind", [aj.RandomIoUCrop, aj.RandomBoxSafeCrop])
@pytest.mark.parametrize("antialias", [True, False])
def test_the_part_is_resized(same, kind, antialias):
    crop = kind(24, 32, antialias=antialias)
    params = {"top": 4, "left": 9, "height": 50, "width": 40}
    theirs = tf.image.resize(IMAGE[4:54, 9:49], (24, 32), "bilinear", antialias=antialias).numpy()
    same(crop.apply(params, IMAGE), theirs, 2e-5)


PIPELINE = aj.Sequential(
    [
        aj.RandomZoomOut(),
        aj.RandomApply(aj.RandomFlip("horizontal"), p=0.5),
        aj.RandomIoUCrop(32, 40, antialias=False, name="crop"),
        aj.RandomBoxSafeCrop(32, 40),
    ],
    boxes="xyxy",
)


def test_what_is_drawn_depends_on_where_boxes_are_by_then():
    """Each crop looks at boxes that the transforms before it have moved."""
    batch = {name: np.stack([part] * 32) for name, part in EXAMPLE.items()}
    out = quick_jit(PIPELINE.batch)(KEY, batch)
    on = np.asarray(out["boxes_valid"])
    # The last one holds all that the crop before it left.
    inside = np.asarray(out["boxes"])[on]
    assert on[:, :2].any(axis=1).all() and (inside[:, :2] >= -1e-3).all()
    one = PIPELINE(aj.image_key(KEY, 0, np.asarray(3, np.uint32)), EXAMPLE)
    for name in ("boxes", "boxes_valid", "boxes_visible"):
        np.testing.assert_allclose(out[name][3], one[name], atol=1e-4)
    np.testing.assert_allclose(out["image"][3], one["image"], atol=2e-5)


def test_draws_are_replayed_inverted_and_read_back():
    params = PIPELINE.sample(KEY, SHAPE, targets=EXAMPLE)
    written = jax.tree.map(lambda draw: np.asarray(draw).tolist(), params)
    out = PIPELINE.apply(written, EXAMPLE)
    np.testing.assert_array_equal(out["image"], PIPELINE.apply(params, EXAMPLE)["image"])
    back = PIPELINE.invert(params, out, SHAPE)
    on = np.asarray(out["boxes_valid"]) & (np.asarray(out["boxes_visible"]) > 0.999)
    np.testing.assert_allclose(np.asarray(back["boxes"])[on], BOXES[on], atol=1e-2)
    assert aj.from_dict(aj.to_dict(PIPELINE)) == PIPELINE


def test_a_zoom_out_and_an_iou_crop_share_a_resample():
    both = [aj.RandomZoomOut(fill_value=0.5), aj.RandomIoUCrop(32, 32, antialias=False)]
    assert len(list(groups(aj.Sequential(both, boxes="xyxy").steps(None)))) == 1
    both[1] = aj.RandomIoUCrop(32, 32)
    assert len(list(groups(aj.Sequential(both, boxes="xyxy").steps(None)))) == 2
    both[1] = aj.RandomIoUCrop(32, 32, antialias=False, interpolation="nearest")
    assert len(list(groups(aj.Sequential(both, boxes="xyxy").steps(None)))) == 2


def test_no_crop_by_boxes_in_a_random_order():
    with pytest.raises(ValueError, match="cannot stand in a RandomOrder"):
        aj.RandomOrder([aj.RandomIoUCrop(60, 80), aj.RandomFlip()])
