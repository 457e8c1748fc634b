"""Test-time augmentation: by hand, against the draws one by one, and what has to stay the same."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise, quick_jit, run_python

KEY = aj.key(3)
IMAGES = noise(4, 7, 10, 3)
IDS = np.array([7, 1, 9, 4], np.uint32)
GEOMETRY = aj.Sequential(
    [aj.RandomFlip(), aj.RandomRotation(0.1), aj.RandomTranslation(0.2, 0.3, fill_mode="constant")]
)


def logits(images):
    """Two numbers an image that change with everything."""
    rows = jnp.arange(images.shape[1], dtype=jnp.float32)[None, :, None, None]
    return jnp.stack([images.mean((1, 2, 3)), (images**2 * rows).mean((1, 2, 3))], axis=1)


def test_a_flip_of_one_row_by_hand():
    row = np.array([0.0, 0.25, 0.5, 1.0], np.float32)
    flip = aj.RandomFlip("horizontal")
    weights = np.arange(1, 5, dtype=np.float32)[None, None, :, None]
    averaged = aj.tta(lambda images: images * weights, flip, 4, dense=True)

    @quick_jit
    def made_by_draws(image):
        keys = [aj.image_key(KEY, draw, jnp.uint32(0)) for draw in (1, 2, 3)]
        return averaged(KEY, image), [flip.sample(key, (1, 4, 1))["horizontal"] for key in keys]

    made, drawn = made_by_draws(row.reshape(1, 1, 4, 1))
    flips = sum(int(one) for one in drawn)
    assert 0 < flips < 3
    straight, flipped = row * [1, 2, 3, 4], row * [4, 3, 2, 1]
    np.testing.assert_allclose(
        np.asarray(made)[0, 0, :, 0], ((4 - flips) * straight + flips * flipped) / 4, atol=1e-6
    )


def test_a_shift_of_one_row_by_hand():
    shift = aj.RandomTranslation(0.0, (0.25, 0.25))  # Always by one pixel, to the right.
    row = np.array([0.0, 0.25, 0.5, 1.0], np.float32)
    column = np.arange(4, dtype=np.float32)[None, None, :, None]
    averaged = aj.tta(lambda images: images + column, shift, 2, dense=True)
    made = np.asarray(quick_jit(averaged)(KEY, row.reshape(1, 1, 4, 1)))
    # The first three are seen twice, the second time a column further; the last is seen once.
    np.testing.assert_allclose(made[0, 0, :, 0], row + np.array([0.5, 1.5, 2.5, 3.0]), atol=1e-6)


@pytest.mark.parametrize("dense", [False, True])
def test_without_a_transform_it_is_what_is_predicted(dense):
    predict = (lambda images: images[..., 0] ** 2) if dense else logits
    averaged = aj.tta(predict, aj.Sequential([]), 3, dense=dense)
    both = quick_jit(lambda images: (averaged(KEY, images), predict(images)))
    np.testing.assert_allclose(*both(IMAGES), atol=1e-6)


def test_one_draw_is_the_image_as_it_is():
    pixels = (IMAGES * 255).astype(np.uint8)
    averaged = aj.tta(logits, GEOMETRY, 1)
    both = quick_jit(lambda images: (averaged(KEY, images), logits(jnp.float32(images) / 255)))
    np.testing.assert_allclose(*both(pixels), atol=2e-5)


def test_logits_are_the_plain_mean_over_draws():
    averaged = aj.tta(logits, GEOMETRY, 3)

    @quick_jit
    def both(images, ids):
        def draw(epoch, strength):
            return logits(GEOMETRY.batch(KEY, images, ids, epoch=epoch, strength=strength))

        draws = jax.vmap(draw)(jnp.arange(3), jnp.float32([0, 0.7, 0.7]))
        return averaged(KEY, images, ids, strength=0.7), draws

    for ids in (None, IDS, aj.image_ids(["a", "b", "c", "d"])):
        made, draws = map(np.asarray, both(IMAGES, ids))
        np.testing.assert_allclose(made, np.mean(draws, axis=0), atol=2e-5)
        assert np.abs(draws[1] - draws[2]).max() > 1e-3


@pytest.mark.parametrize("dense", [False, True])
def test_an_image_is_predicted_for_alike_wherever_it_stands(dense):
    averaged = aj.tta((lambda images: images**2) if dense else logits, GEOMETRY, 4, dense=dense)
    order = np.array([2, 0, 3, 2])
    averaged = quick_jit(averaged)
    made = np.asarray(averaged(KEY, IMAGES, IDS))
    np.testing.assert_allclose(averaged(KEY, IMAGES[order], IDS[order]), made[order], atol=2e-5)


def test_what_turns_with_its_image_comes_back_the_same():
    """Here by flips, which land on pixels; the colours of each pixel are enough to predict."""
    made = quick_jit(aj.tta(lambda images: images**2, aj.RandomFlip(), 6, dense=True))(KEY, IMAGES)
    np.testing.assert_allclose(made, IMAGES**2, atol=2e-5)


def test_dense_predictions_are_brought_back_as_invert_does():
    maps = lambda images: jnp.sin(9 * images[..., :1])  # noqa: E731

    @quick_jit
    @jax.vmap
    def brought_back(image, identity, draw, strength):
        key = aj.image_key(KEY, draw, identity)
        drawn = GEOMETRY.sample(key, image.shape, strength=strength)
        predicted = maps(GEOMETRY.apply(drawn, image)[None])[0]
        ones = jnp.ones((7, 10, 1))
        return [GEOMETRY.invert(drawn, map, (7, 10, 1)) for map in (predicted, ones)]

    draws, strengths = (
        np.arange(3, dtype=np.int32).repeat(4),
        np.array([0, 1, 1], np.float32).repeat(4),
    )
    back = brought_back(np.tile(IMAGES, (3, 1, 1, 1)), np.tile(IDS, 3), draws, strengths)
    total, weight = (np.reshape(part, (3, 4, 7, 10, 1)).sum(0) for part in back)
    made = quick_jit(aj.tta(maps, GEOMETRY, 3, dense=True))(KEY, IMAGES, IDS)
    np.testing.assert_allclose(made, total / weight, atol=2e-5)


SMALLER = aj.Sequential([aj.RandomCrop(4, 5), aj.RandomRotation(0.1)])


@pytest.mark.parametrize(
    "pipeline",
    [
        *(
            pytest.param(pipeline, marks=pytest.mark.long)
            for pipeline in (
                GEOMETRY,
                SMALLER,
                aj.Sequential(
                    [aj.RandomElastic(), aj.RandomPerspective(p=1.0)], value_range=(-1, 1)
                ),
                aj.Sequential([aj.RandomRot90(), aj.RandomWidth(0.3)], value_range=(-1, 1)),
                aj.Sequential([aj.RandomResizedCrop(5, 6), aj.RandomShear(0.3)]),
            )
        ),
        aj.Sequential([aj.RandomBrightness(0.3), aj.RandomErasing(p=0.5)]),
    ],
    ids=str,
)
def test_a_constant_map_stays_constant_where_it_is_seen(pipeline):
    square = isinstance(pipeline.children[0], aj.RandomRot90)
    images = noise(4, 8, 8, 3) if square else IMAGES
    averaged = aj.tta(
        lambda images: {"mask": jnp.full(images.shape[:3], 0.7), "two": jnp.full(images.shape, 2.0)},
        pipeline, 5, dense=True,
    )  # fmt: skip
    made = jax.tree.map(np.asarray, averaged(KEY, images))
    assert made["mask"].shape == images.shape[:3] and made["two"].shape == images.shape
    seen = made["mask"] != 0
    np.testing.assert_allclose(made["mask"][seen], 0.7, atol=1e-6)
    np.testing.assert_allclose(made["two"], np.where(seen, 2.0, 0.0)[..., None] + 0 * images)
    whatever_the_strength = isinstance(pipeline.children[0], aj.RandomCrop | aj.RandomResizedCrop)
    assert seen.all() != whatever_the_strength


def test_colours_alone_leave_maps_where_they_are():
    pipeline = aj.Sequential([aj.RandomBrightness(0.3), aj.RandomContrast(0.5)])
    maps = lambda images: images[..., 0]  # noqa: E731
    averaged = aj.tta(maps, pipeline, 3, dense=True)

    @quick_jit
    def both(images):
        draws = [pipeline.batch(KEY, images, epoch=d, strength=float(d > 0)) for d in range(3)]
        return averaged(KEY, images), jnp.mean(jnp.stack([maps(one) for one in draws]), axis=0)

    np.testing.assert_allclose(*both(IMAGES), atol=2e-5)


def test_types_stay():
    averaged = aj.tta(lambda images: images.astype(jnp.bfloat16), GEOMETRY, 2, dense=True)
    assert jax.eval_shape(averaged, KEY, IMAGES).dtype == jnp.bfloat16
    means = aj.tta(lambda images: images.mean((1, 2, 3)), GEOMETRY, 2)
    short = jax.ShapeDtypeStruct(IMAGES.shape, jnp.bfloat16)
    assert jax.eval_shape(means, KEY, short).dtype == jnp.bfloat16


@pytest.mark.parametrize("dense", [False, pytest.param(True, marks=pytest.mark.long)])
def test_it_can_be_jitted_and_differentiated(dense):
    averaged = aj.tta((lambda images: images**2) if dense else logits, GEOMETRY, 3, dense=dense)
    eager = averaged(KEY, IMAGES, IDS)
    np.testing.assert_allclose(jax.jit(averaged)(KEY, IMAGES, IDS), eager, atol=2e-5)

    def total(images, strength):
        return averaged(KEY, images, IDS, strength=strength).sum()

    slopes = quick_jit(jax.grad(total, argnums=(0, 1)))(IMAGES, jnp.float32(0.5))
    to_images, to_strength = map(np.asarray, slopes)
    assert np.isfinite(to_images).all() and np.abs(to_images).max() > 0
    assert np.isfinite(to_strength) and to_strength != 0


MISUSE = {
    "aj.tta(aj.RandomFlip(), p, 4)": "tta takes a function that predicts and a transform, but got RandomFlip() and <function",
    "aj.tta(p, f, 0)": "tta(k=0): expected a whole number of predictions, 1 to 1000",
    "import jax.numpy; aj.tta(p, f, jax.numpy.int32(2)), aj.tta(p, f, np.array(2))": "no error",
    "aj.tta(p, f, 2.0)": "tta(k=2.0): expected a whole number",
    "aj.tta(lambda x: x.mean(), f, 2)(key, x)": "tta averages floating predictions for every image, but for images of shape (2, 4, 5, 3) got float32 of shape ()",
    "aj.tta(lambda x: x[:, 0, :, 0].argmax(1), f, 2)(key, x)": "tta averages floating predictions for every image, but for images of shape (2, 4, 5, 3) got int32",
    "aj.tta(p, f, 2, dense=True)(key, x)": "tta averages floating predictions of the images' height and width, as dense=True says, but for images of shape (2, 4, 5, 3) got float32 of shape (2,)",
    "aj.tta(p, f, 2)(key, x[0])": "RandomFlip.batch takes images of shape (batch, height, width, channels), but got an array of shape (4, 5, 3)",
    "aj.tta(p, f, 2)(key, {'image': x})": "tta predicts for images, but got a dict",
    "aj.tta(p, f, 2)(key, x, np.arange(3, dtype=np.uint32))": "expected an id for each of 2 images, but got 3",
    "aj.tta(p, f, 2)(key, x, strength=-1)": "strength=-1: expected a number that is not negative",
}  # fmt: skip


def test_misuse_is_errors_in_one_line():
    # In an interpreter of its own: here, the type checker of the tests would answer first.
    program = "import numpy as np, augjax as aj\nkey, f = aj.key(0), aj.RandomFlip()\n"
    program += "x = np.zeros((2, 4, 5, 3), np.float32)\ndef p(x): return x.mean((1, 2, 3))\n"
    for code in MISUSE:
        program += f"try: {code}\nexcept (TypeError, ValueError) as e: print(e)\n"
        program += "else: print('no error')\n"
    printed = run_python("-c", program)
    assert printed.returncode == 0, printed.stderr
    for answer, expected in zip(printed.stdout.splitlines(), MISUSE.values(), strict=True):
        assert re.match(re.escape(expected), answer), answer


def test_what_is_not_finite_stays_where_it_is_predicted():
    """Classes that are ruled out have a log-probability of -inf."""

    def predict(images):
        ruled_out = jnp.where(images[..., :1] < 0.02, jnp.nan, -jnp.inf)
        return jnp.concatenate([images[..., :1], ruled_out], axis=-1)

    flips = aj.tta(predict, aj.RandomFlip(), 4, dense=True)
    turns = aj.tta(predict, aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.1)]), 1, dense=True)
    images = np.clip(IMAGES, 0.02, 1.0)
    images[0, 3, 4, 0] = 0.0
    flipped, as_it_is = quick_jit(lambda images: (flips(KEY, images), turns(KEY, images)))(images)
    np.testing.assert_array_equal(as_it_is, predict(images))
    assert (flipped[1:, ..., 1] == -np.inf).all() and np.isfinite(flipped[..., 0]).all()
    assert 1 <= np.isnan(flipped[0, ..., 1]).sum() <= 4
