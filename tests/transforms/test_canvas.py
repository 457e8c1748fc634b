"""Images of different sizes on one canvas: what is made of each is made of the image alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.helpers import quick_jit

RNG = np.random.default_rng(0)
SIZES = [(17, 23), (30, 12), (12, 12), (30, 40), (29, 31)]
PICTURES = [RNG.integers(0, 256, (*size, 3), np.uint8) for size in SIZES]
IDS = np.arange(len(SIZES), dtype=np.uint32)
KEY = aj.stream(aj.key(2), "augment")
IMAGES, SHOWN = aj.pad_to_canvas(PICTURES, 30, 40)
IMAGES = np.where(IMAGES == 0, 255, IMAGES).astype(np.uint8)  # What leaks in is seen.
for picture, image in zip(PICTURES, IMAGES, strict=True):
    image[: picture.shape[0], : picture.shape[1]] = picture
READING = [
    aj.Resize(11, 14),
    aj.Resize(40, 50, interpolation="nearest"),
    aj.Sequential(
        [aj.Resize(20, 20, antialias=False), aj.RandomFlip(), aj.RandomRotation(0.1)], fuse=False
    ),
    aj.Sequential([aj.RandomResizedCrop(13, 9), aj.RandomFlip(), aj.RandomBrightness(0.3)]),
    aj.RandomResizedCrop(20, 24, scale=(0.9, 1.0), ratio=(4.0, 5.0)),
    aj.Letterbox(20, 26),
    aj.Letterbox(33, 32, scale_up=False),
    aj.ScaleJitter(16, 20, scale=(0.5, 1.5)),
    aj.RandomCrop(9, 11),
    aj.CenterCrop(10, 7),
]
QUICK = (3, 7, 8)


@pytest.mark.parametrize(
    "transform",
    [t if i in QUICK else pytest.param(t, marks=pytest.mark.long) for i, t in enumerate(READING)],
    ids=repr,
)
def test_what_is_shown_is_all_there_is(transform):
    traces = 0

    @quick_jit
    def augment(images, sizes, ids):
        nonlocal traces
        traces += 1
        batch = {"image": images, "size": sizes, "mask": images[..., 0]}
        return transform.batch(KEY, batch, ids, epoch=1)

    painted = augment(IMAGES, SHOWN, IDS)
    again = augment(IMAGES[::-1], SHOWN[::-1], IDS[::-1])
    assert traces == 1
    np.testing.assert_array_equal(painted["image"], again["image"][::-1])
    height, width = painted["image"].shape[1:3]
    np.testing.assert_array_equal(painted["size"], [[height, width]] * len(SIZES))
    for i, picture in enumerate(PICTURES):
        key = aj.image_key(KEY, 1, jnp.uint32(i))
        draws = transform.sample(key, IMAGES[i].shape, targets={"size": jnp.asarray(SHOWN[i])})
        alone = transform.sample(key, picture.shape)
        jax.tree.map(np.testing.assert_array_equal, draws, alone)
        expected = transform.apply(alone, {"image": picture, "mask": picture[..., 0]})
        np.testing.assert_allclose(painted["image"][i], expected["image"], atol=2e-5)
        differing = np.mean(np.asarray(painted["mask"][i]) != expected["mask"])
        assert differing <= (0 if transform is not READING[2] else 0.01)


@pytest.mark.parametrize(
    "crop",
    [
        aj.RandomResizedCrop(8, 8),
        pytest.param(aj.RandomResizedCrop(8, 8, scale=(0.3, 0.7)), marks=pytest.mark.long),
        pytest.param(aj.RandomResizedCrop(8, 8, ratio=(3.0, 4.0)), marks=pytest.mark.long),
        aj.RandomCrop(8, 8),
    ],
    ids=repr,
)
def test_draws_of_many_keys_are_those_of_the_image_alone(crop):
    """The sizes are traced in the one and static in the other."""
    keys = jax.vmap(lambda i: aj.image_key(KEY, 0, i))(jnp.arange(25_000, dtype=jnp.uint32))

    @jax.jit
    def on_canvas(size):
        return jax.vmap(lambda key: crop.sample(key, (500, 640, 3), targets={"size": size}))(keys)

    for height, width in ((375, 500), (500, 333), (97, 640), (213, 214)):
        alone = jax.jit(jax.vmap(lambda key, s=(height, width, 3): crop.sample(key, s)))(keys)
        drawn = on_canvas(jnp.array([height, width], jnp.int32))
        jax.tree.map(np.testing.assert_array_equal, drawn, alone)


def test_boxes_and_points_are_those_of_the_image_alone():
    pipeline = aj.Sequential([aj.RandomResizedCrop(16, 16), aj.RandomFlip()], boxes="rel_xyxy")
    boxes = np.array([[0.1, 0.2, 0.6, 0.9], [0.5, 0.5, 1.0, 1.0]], np.float32)
    points = np.array([[3, 4], [11, 10]], np.float32)
    for i in (0, 1):
        targets = {"boxes": boxes, "keypoints": points}
        on_canvas = pipeline(KEY, {"image": IMAGES[i], "size": SHOWN[i], **targets})
        alone = pipeline(KEY, {"image": PICTURES[i], **targets})
        for name in ("boxes", "boxes_visible", "keypoints", "keypoints_visible"):
            np.testing.assert_allclose(on_canvas[name], alone[name], atol=1e-4)
    nothing = aj.Sequential([], boxes="rel_xyxy")(
        KEY, {"image": IMAGES[0], "size": SHOWN[0], "boxes": boxes}
    )
    np.testing.assert_allclose(nothing["boxes"], boxes, atol=1e-6)
    np.testing.assert_array_equal(nothing["size"], SIZES[0])


def test_a_canvas_that_is_full_is_an_image():
    crop = aj.RandomResizedCrop(12, 12)
    full = np.array(PICTURES[3].shape[:2])
    painted = crop(KEY, {"image": PICTURES[3], "size": full})["image"]
    np.testing.assert_allclose(painted, crop(KEY, PICTURES[3]), atol=2e-5)


def test_a_crop_larger_than_what_is_shown_begins_at_its_corner():
    for crop in (aj.RandomCrop(20, 20), aj.CenterCrop(20, 20)):
        painted = crop(KEY, {"image": IMAGES[2], "size": SHOWN[2]})["image"]
        np.testing.assert_allclose(painted, IMAGES[2, :20, :20] / np.float32(255), atol=1e-6)


def test_views_of_a_canvas():
    views = aj.views(aj.RandomResizedCrop(8, 8), 2)
    painted = views.batch(KEY, {"image": IMAGES, "size": SHOWN}, IDS)["image"]
    key = views.view_key(aj.image_key(KEY, 0, jnp.uint32(1)), 1)
    expected = aj.RandomResizedCrop(8, 8)(key, PICTURES[1])
    np.testing.assert_allclose(painted[1, 1], expected, atol=2e-5)


def test_images_are_padded_and_grouped():
    images, sizes = aj.pad_to_canvas(PICTURES)
    assert images.shape == (5, 30, 40, 3) and sizes.dtype == np.int32
    for picture, image in zip(PICTURES, images, strict=True):
        height, width = picture.shape[:2]
        np.testing.assert_array_equal(image[:height, :width], picture)
        assert not image[height:].any() and not image[:, width:].any()
    groups = aj.canvas_groups(sizes, 16)
    assert {canvas: places.tolist() for canvas, places in groups.items()} == {
        (16, 16): [2], (32, 16): [1], (32, 32): [0, 4], (32, 48): [3],
    }  # fmt: skip
    for canvas, places in groups.items():
        aj.pad_to_canvas([PICTURES[i] for i in places], *canvas)
