"""Images that are resized and placed on a canvas: by TensorFlow, and by hand."""

import jax
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise, quick_jit
from tests.oracles import tf
from tests.transforms.painting import many_draws

SHAPE = (30, 40, 3)
IMAGE = noise(*SHAPE)
KEY = aj.key(2)


def resized(image, rows, columns, interpolation="bilinear", antialias=True):
    return tf.image.resize(image, (rows, columns), interpolation, antialias=antialias).numpy()


def on_canvas(image, canvas, corner, fill):
    """An image whose first pixel lies at (top, left) of a canvas, or before it."""
    top, left = corner
    whole = np.full((*canvas, image.shape[2]), fill, image.dtype)
    rows = slice(max(top, 0), min(top + image.shape[0], canvas[0]))
    columns = slice(max(left, 0), min(left + image.shape[1], canvas[1]))
    whole[rows, columns] = image[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return whole


@pytest.mark.parity("Letterbox", "tf.image.resize and bars")
@pytest.mark.parametrize(
    ("size", "inside", "corner"),
    [
        ((24, 24), (18, 24), (3, 0)),
        ((24, 60), (24, 32), (0, 14)),
        ((64, 64), (48, 64), (8, 0)),
        ((25, 24), (18, 24), (3, 0)),  # Of seven rows, three are above.
        ((33, 47), (33, 44), (0, 1)),
    ],
)
@pytest.mark.parametrize("antialias", [True, False])
def test_a_letterbox_is_the_resized_image_between_bars(same, size, inside, corner, antialias):
    ours = aj.Letterbox(*size, antialias=antialias)(KEY, IMAGE)
    inner = resized(IMAGE, *inside, antialias=antialias)
    same(ours, on_canvas(inner, size, corner, np.float32(114 / 255)), 2e-5)


def test_a_letterbox_need_not_enlarge():
    ours = aj.Letterbox(50, 60, scale_up=False, fill_value=(0.1, 0.2, 0.3))(KEY, IMAGE)
    np.testing.assert_allclose(ours[10:40, 10:50], IMAGE, atol=1e-6)
    np.testing.assert_allclose(ours[0, 0], (0.1, 0.2, 0.3), atol=1e-6)
    small = aj.Letterbox(20, 60, scale_up=False)(KEY, IMAGE)
    np.testing.assert_array_equal(small, aj.Letterbox(20, 60)(KEY, IMAGE))


def test_a_letterbox_after_a_drawn_width_takes_what_is_shown():
    pipeline = aj.Sequential([aj.RandomWidth(0.5), aj.Letterbox(24, 24)])
    for width in (20, 31, 60):
        params = {"RandomWidth": {"width": width}, "Letterbox": {}}
        narrow = aj.RandomWidth(0.5).apply({"width": width}, IMAGE)[:, :width]
        expected = aj.Letterbox(24, 24)(KEY, narrow)
        np.testing.assert_allclose(pipeline.apply(params, IMAGE), expected, atol=2e-5)


@pytest.mark.parity("ScaleJitter", "tf.image.resize, then a crop or a border")
@pytest.mark.parametrize(
    ("scale", "inside", "corner"),
    [
        (1.0, (24, 32), (0, 0)),
        (0.5, (12, 16), (0, 0)),
        (1.5, (36, 48), (-6, -12)),  # Of 12 and 16 places more, half and three quarters.
        (0.1, (2, 3), (0, 0)),
    ],
)
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_scale_jitter_is_a_resize_and_a_crop(same, scale, inside, corner, interpolation):
    jitter = aj.ScaleJitter(24, 32, fill_value=0.5, interpolation=interpolation)
    ours = jitter.apply({"scale": scale, "top": 0.5, "left": 0.75}, IMAGE)
    inner = resized(IMAGE, inside[0], inside[1], interpolation)
    same(ours, on_canvas(inner, (24, 32), corner, np.float32(0.5)), 2e-5)


@pytest.mark.parity("RandomShortestSize", "tf.image.resize")
@pytest.mark.parametrize(("size", "inside"), [(15, (15, 20)), (24, (24, 32)), (36, (30, 40))])
def test_the_shorter_side_is_one_of_the_sizes(same, size, inside):
    transform = aj.RandomShortestSize([15, 24, 36], max_size=40)
    ours = transform.apply({"size": size}, IMAGE)
    same(ours, on_canvas(resized(IMAGE, *inside), (30, 40), (0, 0), np.float32(0)), 2e-5)
    drawn = many_draws(transform, SHAPE, n=300)["size"]
    assert {*drawn.tolist()} == {15, 24, 36} and abs((drawn == 24).mean() - 1 / 3) < 0.1


def test_a_batch_of_shortest_sizes_is_one_shape_and_goes_on_by_what_is_shown():
    pipeline = aj.Sequential([aj.RandomShortestSize([15, 24]), aj.Resize(20, 20)])
    batch = np.stack([IMAGE] * 6)
    assert quick_jit(pipeline.batch)(KEY, batch).shape == (6, 20, 20, 3)
    params = {"RandomShortestSize": {"size": 15}, "Resize": {}}
    expected = resized(resized(IMAGE, 15, 20), 20, 20)
    np.testing.assert_allclose(pipeline.apply(params, IMAGE), expected, atol=2e-5)
    with pytest.raises(ValueError, match="stands last or before Resize"):
        aj.Sequential([aj.RandomShortestSize(15), aj.RandomRotation(0.1)])


@pytest.mark.parity("RandomZoomOut", "tf.image.resize of the larger canvas")
@pytest.mark.parametrize(
    ("ratio", "share"), [(2.0, (0.0, 0.0)), (2.0, (1.0, 0.5)), (3.0, (0.5, 1))]
)
def test_a_zoom_out_is_a_larger_canvas_made_smaller(same, ratio, share):
    params = {"on": True, "ratio": ratio, "top": share[0], "left": share[1]}
    ours = aj.RandomZoomOut(fill_value=0.25).apply(params, IMAGE)
    canvas = [int(side * ratio) for side in SHAPE[:2]]
    place = [int((ratio - 1) * side * part) for side, part in zip(SHAPE, share, strict=False)]
    larger = on_canvas(IMAGE, canvas, place, np.float32(0.25))
    same(ours, resized(larger, SHAPE[0], SHAPE[1], antialias=False), 2e-5)


PLACED = [
    aj.Letterbox(36, 36),
    aj.ScaleJitter(24, 32),
    aj.RandomShortestSize([20, 36]),
    aj.RandomZoomOut(p=1.0),
]


@pytest.mark.parametrize("transform", PLACED, ids=lambda one: type(one).__name__)
def test_targets_lie_where_their_pixels_are(transform):
    """A white rectangle in the image, its mask, its box, its corners, and back."""
    image = np.zeros(SHAPE, np.float32)
    image[8:20, 10:26] = 1
    pipeline = aj.Sequential([transform], boxes="xyxy")
    example = {
        "image": image,
        "mask": image[..., 0].astype(np.uint8),
        "boxes": np.array([[10, 8, 26, 20]], np.float32),
        "keypoints": np.array([[10, 8], [25, 19]], np.float32),
    }
    for seed in range(4):
        params = pipeline.sample(aj.key(seed), SHAPE)
        out = pipeline.apply(params, example)
        seen = np.asarray(out["boxes_visible"])[0]
        if seen > 0.999:
            lit = np.asarray(out["image"][..., 0]) > 0.6
            rows, columns = (np.flatnonzero(lit.any(axis=axis)) for axis in (1, 0))
            edges = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
            np.testing.assert_allclose(out["boxes"][0], edges, atol=1.01)
            assert abs(int(np.asarray(out["mask"]).sum()) - lit.sum()) <= 0.35 * lit.sum() + 8
        back = pipeline.invert(params, out, SHAPE)
        inside = np.asarray(out["keypoints_visible"])
        np.testing.assert_allclose(
            np.asarray(back["keypoints"])[inside], example["keypoints"][inside], atol=1e-2
        )


def test_extents_that_are_traced_are_those_that_are_known():
    """One program for all of what is shown, as for images of other sizes."""
    letterbox = aj.Letterbox(33, 47)

    @jax.jit
    def traced(frame, image):
        return letterbox.render({"frame": (frame[0], frame[1])}, image)

    for height, width in [(30, 40), (17, 40), (30, 5), (1, 1), (29, 31)]:
        canvas = np.zeros(SHAPE, np.float32)
        canvas[:height, :width] = IMAGE[:height, :width]
        expected = letterbox(KEY, IMAGE[:height, :width])
        ours = traced(np.array([height, width], np.int32), canvas)
        np.testing.assert_allclose(ours, expected, atol=2e-5)
